"""Traces: a span a request and a step, at a collector that speaks OTLP; no words, and no waiting for it."""

import asyncio
import gzip
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from mcp import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from service import traces
from service.keys.store import create_key
from service.settings import SettingsError, load_settings
from service.trace_collector import endpoint_in
from tests.fakes import fake_parts
from tests.service.cli_runs import BYLINE, environment
from tests.service.conftest import FERRY, HARBOUR, salthaven
from tests.service.test_admission import until

CANARY = "quetzalcoatlus"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Collector:
    """Takes OTLP over HTTP on a free port; holds its answers back while `free` is not set."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.heads: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.free = threading.Event()
        self.free.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.heads.append({name.lower(): value for name, value in self.headers.items()})
                collector.paths.append(self.path)
                collector.bodies.append(
                    gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
                )
                collector.free.wait(60)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def received(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    def spans(self) -> list[trace_pb2.Span]:
        scopes = [scope for one in self.received for told in one.resource_spans for scope in told.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    def close(self) -> None:
        self.free.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    try:
        yield collector
    finally:
        collector.close()


def of(pairs: Sequence[KeyValue]) -> dict[str, str | int]:
    return {
        pair.key: pair.value.string_value if pair.value.HasField("string_value") else pair.value.int_value
        for pair in pairs
    }


class Told(NamedTuple):
    """What a collector was told of a service's life."""

    collector: Collector
    ids: dict[str, str]
    """Of requests, by what they were."""

    def request(self, what: str) -> trace_pb2.Span:
        (span,) = [
            one for one in self.collector.spans() if of(one.attributes).get("byline.request_id") == self.ids[what]
        ]
        return span

    def below(self, span: trace_pb2.Span) -> list[trace_pb2.Span]:
        return [one for one in self.collector.spans() if one.parent_span_id == span.span_id]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A service that was asked everything there is, with a canary wherever a client may write, and ended."""
    ids = dict[str, str]()
    home = tmp_path_factory.mktemp("home")
    with collecting() as collector:
        with salthaven(home, traces=endpoint_in(collector.address)) as client:
            _, key = create_key(home, CANARY)
            client.headers["authorization"] = f"Bearer {key}"

            def send(what: str, method: str, path: str, json: object = None, **headers: str) -> httpx.Response:
                answer = client.request(method, path, json=json, headers=headers)
                ids[what] = answer.headers["x-request-id"]
                return answer

            asked = {"question": f"Why was the harbour kept closed by {CANARY}?"}
            continued = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": f"byline={CANARY}"}
            assert send("ask", "POST", "/v1/ask", asked, **continued).status_code == 200
            history = [{"role": "user", "content": CANARY}]
            send("stream", "POST", "/v1/ask", asked | {"history": history}, accept="text/event-stream")
            send("unsampled", "POST", "/v1/ask", asked, traceparent=f"00-{TRACE}-{PARENT}-00")
            for number, wrong in enumerate(("", "00-zz", f"00-{'0' * 32}-{PARENT}-01", "0" * 500, CANARY)):
                send(f"wrong {number}", "GET", "/livez", traceparent=wrong)
            queries = {"query": [CANARY, "ferry"]}
            assert send("several", "POST", "/v1/vector_stores/vs_byline/search", queries).status_code == 200
            assert send("invalid", "POST", "/v1/ask", {CANARY: CANARY}).status_code == 422
            assert send("article", "GET", f"/v1/articles/{CANARY}?revision={'0' * 64}").status_code == 404
            assert send("nowhere", "GET", f"/{CANARY}?{CANARY}").status_code == 404
            send("own id", "GET", "/livez", **{"x-request-id": "order-66"})
            wrong_key = key[:-1] + ("1" if key.endswith("0") else "0")
            assert send("wrong key", "GET", "/v1/articles", authorization=f"Bearer {wrong_key}").status_code == 401
            asyncio.run(_agent(client, key))
        yield Told(collector, ids)


async def _agent(client: httpx.Client, key: str) -> None:
    import httpx2  # noqa: PLC0415 - the protocol's own, which nothing else here needs
    from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 - as above

    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}", "X-Request-ID": "agent"})
    async with http, Client(streamable_http_client(f"{client.base_url}/mcp", http_client=http)) as agent:
        assert not (await agent.call_tool("ask", {"question": f"Who saw {CANARY}?"})).is_error


def test_a_request_continues_the_clients_trace_and_says_what_came_of_it(told: Told) -> None:
    span = told.request("ask")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == trace_pb2.Span.SPAN_KIND_SERVER
    assert span.name == "POST /v1/ask"
    assert of(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/ask",
        "http.response.status_code": 200,
        "byline.request_id": told.ids["ask"],
    }


@pytest.mark.parametrize("what", ["ask", "stream"])
def test_a_question_is_in_its_request_and_its_steps_are_in_it_one_after_the_other(told: Told, what: str) -> None:
    request = told.request(what)
    (asked,) = told.below(request)
    assert (asked.name, of(asked.attributes)) == ("ask", {"byline.outcome": "answer"})
    steps = sorted(told.below(asked), key=lambda span: span.start_time_unix_nano)
    assert [step.name for step in steps] == ["rewrite", "encode", "retrieve", "answer"]
    moments = [moment for step in steps for moment in (step.start_time_unix_nano, step.end_time_unix_nano)]
    assert moments == sorted(moments)
    assert asked.start_time_unix_nano <= moments[0]
    assert moments[-1] <= asked.end_time_unix_nano
    assert {span.trace_id for span in (request, asked, *steps)} == {request.trace_id}


def test_each_of_several_searches_of_one_request_has_its_own_steps(told: Told) -> None:
    searches = told.below(told.request("several"))
    assert [search.name for search in searches] == ["search", "search"]
    assert all({step.name for step in told.below(search)} == {"encode", "retrieve"} for search in searches)


def test_what_an_agent_asks_belongs_to_its_request(told: Told) -> None:
    requests = [span for span in told.collector.spans() if of(span.attributes).get("byline.request_id") == "agent"]
    assert {span.name for span in requests} == {"POST /mcp"}
    assert ["ask"] in [[one.name for one in told.below(request)] for request in requests]


def test_a_trace_that_the_client_does_not_record_is_not_recorded_here(told: Told) -> None:
    known = {of(span.attributes).get("byline.request_id") for span in told.collector.spans()}
    assert told.ids["ask"] in known
    assert told.ids["unsampled"] not in known


@pytest.mark.parametrize("number", range(5))
def test_a_traceparent_that_is_none_begins_a_trace(told: Told, number: int) -> None:
    span = told.request(f"wrong {number}")
    assert span.parent_span_id == b""
    assert span.trace_id.hex() not in {TRACE, "0" * 32}


@pytest.mark.parametrize(
    ("what", "name", "status"),
    [
        ("invalid", "POST /v1/ask", 422),
        ("article", "GET /v1/articles/{article_id}", 404),
        ("nowhere", "GET unknown", 404),
        ("wrong key", "GET /v1/articles", 401),
    ],
)
def test_what_was_refused_is_named_by_its_route_and_never_by_what_was_sent(
    told: Told, what: str, name: str, status: int
) -> None:
    span = told.request(what)
    assert (span.name, of(span.attributes)["http.response.status_code"]) == (name, status)


def test_the_requests_own_id_is_an_attribute(told: Told) -> None:
    assert told.ids["own id"] == "order-66"
    assert told.request("own id").name == "GET /livez"


def test_nothing_that_a_client_wrote_and_no_key_is_sent(told: Told) -> None:
    sent = b"".join(told.collector.bodies).lower()
    assert b"/v1/ask" in sent
    names = {attribute.key for span in told.collector.spans() for attribute in span.attributes}
    assert names <= {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "byline.request_id",
        "byline.outcome",
    }
    for words in (CANARY, "byline_", HARBOUR["title"], FERRY["title"], "harbour", "bearer"):
        assert words.lower().encode() not in sent
    assert all(CANARY not in value for head in told.collector.heads for value in head.values())


def test_a_process_says_what_it_is_and_traces_go_to_the_standard_place(told: Told) -> None:
    for one in told.collector.received:
        for part in one.resource_spans:
            known = of(part.resource.attributes)
            assert (known["service.name"], known["process.pid"]) == ("byline", os.getpid())
            assert [scope.scope.name for scope in part.scope_spans] == ["byline"]
    assert set(told.collector.paths) == {"/v1/traces"}


def test_a_collector_that_hangs_holds_up_no_request_and_the_end_only_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is full after four spans, and one sending takes longer than the test may."""
    for name, value in (("_WAITING", 4), ("_BATCH", 2), ("_SEND_SECONDS", 500.0), ("_END_SECONDS", 0.1)):
        monkeypatch.setattr(traces, name, value)
    with collecting() as collector:
        collector.free.clear()
        parts = fake_parts(tmp_path, traces=endpoint_in(collector.address))
        tracing = parts.traces
        assert tracing is not None
        for number in range(50):
            tracing.request(parent=None).end(request_id=f"{number}", method="GET", route="/livez", status=200)
        until(lambda: bool(collector.bodies))
        ending = threading.Thread(target=parts.close)
        ending.start()
        ending.join(15)
        # the SDK's own end would wait for 30 seconds
        assert not ending.is_alive()
        assert len(collector.spans()) <= 2


def test_without_a_collector_everything_is_answered_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "_EVERY_MS", 1)
    monkeypatch.setattr(traces, "_SEND_SECONDS", 0.05)
    with collecting() as collector:
        address = collector.address
    with salthaven(tmp_path, traces=endpoint_in(address)) as client:
        for _ in range(3):
            assert client.post("/v1/search", json={"query": "ferry"}).json()["passages"]
            until(lambda: "no traces can be sent" in caplog.text)
    said = [record for record in caplog.records if record.name.startswith(("byline.traces", "opentelemetry"))]
    assert [record.getMessage() for record in said] == [
        f"no traces can be sent to {address}/v1/traces; they are dropped until it takes them"
    ]


def _python(code: str, tmp_path: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment(variables), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_BUILT = """
import sys
from pathlib import Path
from service.http.app import build_app
from tests.fakes import fake_parts
parts = fake_parts(Path(sys.argv[1]))
build_app(parts, host="127.0.0.1")
parts.close()
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "requests"))])
"""
_NOT_INSTALLED = """
import sys
from pathlib import Path
from service.http.app import build_app
from service.settings import SettingsError
from tests.fakes import fake_parts
sys.modules["opentelemetry.sdk"] = None  # what Python itself takes for a package that is not there
parts = fake_parts(Path(sys.argv[1]))
parts.ingester
parts.serving_engine.search("who serves agents without HTTP asks for no traces", k=1)
try:
    build_app(parts, host="127.0.0.1")
except SettingsError as error:
    print(error)
"""


def test_a_service_without_traces_imports_nothing_for_them(tmp_path: Path) -> None:
    assert _python(_BUILT, tmp_path) == "[]"


def test_without_the_extra_the_start_is_refused_and_the_command_that_installs_it_named(tmp_path: Path) -> None:
    said = _python(_NOT_INSTALLED, tmp_path, BYLINE_TRACES="http://127.0.0.1:9")
    assert said.startswith("BYLINE_TRACES: it needs OpenTelemetry")
    assert "`pip install -c constraints.txt -e '.[otel]'`" in said


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://otlp.example/v1/traces", "https://otlp.example/v1/traces"),
        ("https://otlp.example/tenant/", "https://otlp.example/tenant/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
    ],
)
def test_a_base_address_and_the_very_place_are_both_understood(
    address: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYLINE_TRACES", address)
    assert load_settings().traces == endpoint


@pytest.mark.parametrize(
    "address", ["127.0.0.1:4318", "grpc://a:4317", "http://", "http://a:b", "http://a:99999", "http://u:secret@a:1",
                "http://a/?x=1", "http://a b/", "http://[::1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_by_name_and_not_repeated(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYLINE_TRACES", address)
    with pytest.raises(SettingsError, match="BYLINE_TRACES") as refused:
        load_settings()
    assert "secret" not in str(refused.value)


@pytest.mark.model
@pytest.mark.server
def test_each_of_several_processes_sends_its_own_and_no_other_variable_has_more_sent(tmp_path: Path) -> None:
    with collecting() as collector:
        variables = {
            "BYLINE_TRACES": collector.address,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=news",
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        }
        command = [*BYLINE, "--home", str(tmp_path), "serve", "--port", "0", "--workers", "2"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(variables)
        ) as process:
            try:
                address = _address(process)
                until(lambda: len(_processes(collector, address)) == 2)
                httpx.post(f"{address}/v1/search", json={"query": CANARY})
            finally:
                process.send_signal(signal.SIGTERM)
        names = {span.name for span in collector.spans()}
        assert {"GET /livez", "POST /v1/search", "search", "encode", "retrieve"} == names
        assert set(collector.paths) == {"/v1/traces"}
        assert {head["x-tenant"] for head in collector.heads} == {"news"}
        assert CANARY.encode() not in b"".join(collector.bodies)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    while not (found := re.search(r"is ready: (http://127\.0\.0\.1:\d+)", said)):
        line = process.stdout.readline()
        assert line, f"it ended after saying: {said}"
        said += line
    return found.group(1)


def _processes(collector: Collector, address: str) -> set[str | int]:
    """Those that have sent; another connection a time, so that each has its share."""
    httpx.get(f"{address}/livez")
    resources = [part.resource for one in collector.received for part in one.resource_spans]
    return {of(resource.attributes)["process.pid"] for resource in resources}
