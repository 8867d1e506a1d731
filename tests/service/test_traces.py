"""Traces: a span a request and a step, which tell what came of it, and no word of what was asked."""

import asyncio
import os
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from mcp import Client
from opentelemetry.proto.trace.v1 import trace_pb2

from service.keys.store import create_key
from service.trace_collector import endpoint_in
from tests.service.conftest import FERRY, HARBOUR, salthaven
from tests.service.otlp import CANARY, Collector, collecting, of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


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
