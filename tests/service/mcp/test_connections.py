"""Agents over HTTP: which connections are taken, who waits for a turn, and what ends when an agent hangs up."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION

from service.core.cancellation import Cancellation
from service.http.admission import Admission
from service.http.mcp import Waiting
from tests.service.mcp.client import HEADERS, called, refusal
from tests.service.test_admission import held_service, until
from tests.service.test_streaming import written

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "rebound.example"}, 421),
        ({"origin": "https://rebound.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[half"}, 403),
        ({"origin": "http://localhost:6274"}, 200),
    ],
)
def test_another_host_or_origin_is_refused(shared: httpx.Client, headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert shared.post("/mcp", json=body, headers={**HEADERS, **headers}).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_there_is_no_session_to_listen_to_or_to_end(shared: httpx.Client, method: str) -> None:
    answer = shared.request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_body_without_end_is_refused(shared: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"a": "x" * 2**20}},
    }
    answer = shared.post("/mcp", json=body, headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_who_hangs_up_in_the_middle_of_a_body_is_no_error(
    shared: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = shared.base_url.host, shared.base_url.port
    head = "".join(f"{name}: {value}\r\n" for name, value in {**HEADERS, "host": host, "content-length": "99"}.items())
    caplog.set_level("INFO", logger="byline.access")
    with socket.create_connection((host, port)) as line:
        line.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n{{".encode())
    deadline = time.monotonic() + 10
    while not [one for one in caplog.records if one.getMessage().startswith("POST /mcp 499")]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_question_too_many_is_told_to_the_agent_while_articles_can_be_read(tmp_path: Path) -> None:
    with held_service(tmp_path, queue=0) as (server, encoder), ThreadPoolExecutor(1) as pool:
        first = pool.submit(called, server, "search", query="ferry")
        until(lambda: encoder.begun)
        assert refusal(server, "ask", {"question": "Who?"}) == "0 questions are waiting already; ask again later"
        assert called(server, "fetch", id="a")["text"] == "The ferry sank."
        encoder.may.set()
        assert len(first.result(20)["results"]) == 1


@pytest.mark.parametrize("version", ["2025-11-25", LATEST_MODERN_VERSION])
def test_an_agent_that_hangs_up_before_its_turn_frees_its_place(tmp_path: Path, version: str) -> None:
    body, headers = tool_call("search", {"query": "abandoned"}, version=version)
    with held_service(tmp_path, queue=1) as (server, encoder), ThreadPoolExecutor(2) as pool:
        first = pool.submit(called, server, "search", query="first")
        until(lambda: encoder.begun)
        with pytest.raises(httpx.ReadTimeout):
            server.post("/mcp", json=body, headers=headers, timeout=0.5)
        patient = []

        def one_waits() -> bool:
            patient.append(pool.submit(server.post, "/v1/search", json={"query": "patient"}))
            time.sleep(0.2)
            return not patient[-1].done()

        until(one_waits)
        encoder.may.set()
        first.result(20)
        assert patient[-1].result(20).status_code == 200
        assert "abandoned" not in encoder.begun


def tool_call(name: str, arguments: dict[str, Any], *, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Body and headers of a call, for a test that hangs up on its own."""
    params: dict[str, Any] = {"name": name, "arguments": arguments}
    params["_meta"] = {PROTOCOL_VERSION_META_KEY: version, CLIENT_CAPABILITIES_META_KEY: {}}
    headers = {**HEADERS, "mcp-protocol-version": version, "mcp-method": "tools/call", "mcp-name": name}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers


@pytest.mark.parametrize("version", ["2025-11-25", LATEST_MODERN_VERSION])
def test_when_an_agent_hangs_up_the_language_model_is_hung_up_on_and_the_thread_is_free(
    tmp_path: Path, version: str
) -> None:
    body, headers = tool_call("ask", {"question": "Why was the harbour kept closed?"}, version=version)
    with written(tmp_path) as (server, _, model):
        call = server.build_request("POST", "/mcp", json=body, headers=headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items())
        with socket.create_connection((server.base_url.host, server.base_url.port or 0)) as leaving:
            leaving.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + call.content)
            until(lambda: model.requests)
        # the only thread answers this, which needs no model, while the model has not written to the other question
        assert server.post("/v1/search", json={"query": "ferry"}, timeout=10).status_code == 200


def test_a_call_that_is_taken_back_ends_its_work_where_no_connection_ends() -> None:
    ended = threading.Event()

    def work(begun: asyncio.Event, loop: asyncio.AbstractEventLoop, cancellation: Cancellation) -> None:
        with cancellation.waking(ended.set):
            loop.call_soon_threadsafe(begun.set)
            assert ended.wait(20)

    async def taken_back() -> None:
        admission, begun, cancellation = Admission(threads=1, waiting=0, seconds=20), asyncio.Event(), Cancellation()
        begin = partial(work, begun, asyncio.get_running_loop(), cancellation)
        call = asyncio.create_task(Waiting(admission).run(begin, None, cancellation=cancellation))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert ended.is_set()
        admission.close()

    asyncio.run(taken_back())


def test_a_service_that_nobody_asks_over_the_protocol_does_not_import_it() -> None:
    code = "import sys, service.http.app; sys.exit('mcp' in sys.modules or 'mcp_types' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
