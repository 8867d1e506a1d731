"""Where traces are sent: a collector that hangs or is gone holds nothing up, and an address that is none is refused."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from service import traces
from service.settings import SettingsError, load_settings
from service.trace_collector import endpoint_in
from tests.fakes import fake_parts
from tests.service.cli_runs import BYLINE, environment
from tests.service.conftest import salthaven
from tests.service.otlp import CANARY, Collector, collecting, of
from tests.service.test_admission import until


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
