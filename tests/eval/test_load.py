"""The load generator: waiting counts, every answer is accounted for, and only this machine is asked."""

import asyncio
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eval.cost.client import Target, key_in, target_of
from eval.cost.load import Measured, lines, measure
from eval.errors import EvalError
from service.keys.limit import Limit
from service.keys.store import create_key
from tests.fakes import fake_parts
from tests.service.serving import serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 2\r\n\r\n{}"
CLOSING = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 200 OK\r\nserver: sleepy\r\ncontent-length: 2\r\n\r\n{}"
"""After which the server closes the connection without a word, as when it was idle for long."""


@contextmanager
def answering(answers: list[bytes], *, seconds: float = 0.0) -> Iterator[Target]:
    """A server that gives these answers in turn, one at a time, each after so many seconds; b"" breaks off."""
    started, loop, given = threading.Event(), asyncio.new_event_loop(), iter(range(10**9))
    port = 0

    async def serve() -> None:
        nonlocal port
        lock = asyncio.Lock()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while head := await reader.readuntil(b"\r\n\r\n"):
                    await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                    async with lock:
                        await asyncio.sleep(seconds)
                        answer = answers[next(given) % len(answers)]
                    writer.write(answer)
                    if answer in {b"", CLOSING, LAST}:
                        break
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()
        await asyncio.sleep(0.05)

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield Target("127.0.0.1", port, "/v1/search")
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_every_request_is_answered_refused_or_failed() -> None:
    with answering([OK, REFUSED, OK, b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"]) as target:
        found = measure(target, [b"{}"], rate=200, seconds=0.5, connections=4)
    assert (len(found.latencies_ms), found.refused, found.failed) == (50, 25, 25)
    assert 0 < min(found.refusals_ms) <= max(found.refusals_ms) < math.inf


def test_a_refusal_that_does_not_say_when_to_come_again_is_a_failure() -> None:
    with answering([OK, REFUSED.replace(b"retry-after: 2\r\n", b"")]) as target:
        found = measure(target, [b"{}"], rate=200, seconds=0.2, connections=4)
    assert (len(found.latencies_ms), found.refused, found.failed) == (20, 0, 20)


def test_a_service_that_falls_behind_cannot_slow_its_own_measurement() -> None:
    """Each answer takes 10 ms and 200 a second are due: the last one of a half second is half a second late."""
    with answering([OK], seconds=0.01) as target:
        found = measure(target, [b"{}"], rate=200, seconds=0.5, connections=2)
    assert len(found.latencies_ms) == 100
    assert max(found.latencies_ms) > 400
    assert found.achieved < 110


def test_connections_that_are_closed_are_replaced() -> None:
    with answering([CLOSING, OK]) as target:
        found = measure(target, [b"{}"], rate=100, seconds=0.5, connections=2)
    assert len(found.latencies_ms) == 50


def test_connections_that_were_closed_while_they_were_idle_are_replaced() -> None:
    with answering([LAST]) as target:
        # each is used again after 400 ms, which is ample to notice that it was closed
        found = measure(target, [b"{}"], rate=20, seconds=1, connections=8)
    assert (len(found.latencies_ms), found.failed) == (20, 0)


def test_a_connection_that_breaks_is_a_failure() -> None:
    with answering([OK, b""]) as target:
        found = measure(target, [b"{}"], rate=100, seconds=0.5, connections=2)
    assert (len(found.latencies_ms), found.failed) == (25, 25)


def test_what_was_not_answered_counts_as_endless() -> None:
    found = Measured(offered=10, seconds=1, latencies_ms=[float(n) for n in range(98)], refusals_ms=[1.0], failed=1)
    assert found.percentile(50) == 49
    assert found.percentile(98) == 97
    assert found.percentile(99) == math.inf
    assert list(lines([found]))[-1] == "| 10 | 98 | 49.0 | – | 1 | 1 |"


@pytest.mark.parametrize(("file", "answered"), [("key", 4), (None, 0)])
def test_a_service_with_keys_answers_who_sends_the_one_in_the_file(
    tmp_path: Path, file: str | None, answered: int
) -> None:
    _, key = create_key(tmp_path, "load", limit=Limit(per_minute=0, burst=1))
    (tmp_path / "key").write_text(f"{key}\n")
    with serving(fake_parts(tmp_path)) as client:
        target = target_of(f"{client.base_url}/v1/search", key=None if file is None else key_in(tmp_path / file))
        measured = measure(target, target.bodies(["ferry"], k=1), rate=20, seconds=0.2, connections=2)
    assert (len(measured.latencies_ms), measured.failed) == (answered, 4 - answered)
    assert key not in repr(target) + str(target)


@pytest.mark.parametrize("held", [b"", b"a b", b"byline_1\r\nx-more: 1", "schlüssel".encode(), b"\xff"])
def test_a_file_without_one_key_is_refused_and_what_it_holds_is_not_repeated(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(held)
    with pytest.raises(EvalError, match="key: it") as refused:
        key_in(file)
    assert "x-more" not in str(refused.value)
    with pytest.raises(EvalError, match="No such file"):
        key_in(tmp_path / "none")


def test_the_command_takes_a_key_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a b")
    command = [sys.executable, "-m", "eval.cost.load", "http://127.0.0.1:9/", "--key-file", str(tmp_path / "key")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "must hold one API key" in done.stderr


@pytest.mark.parametrize("url", ["http://example.org/v1/ask", "http://192.0.2.1/", "https://127.0.0.1/", "file:///x"])
def test_only_this_machine_is_asked(url: str) -> None:
    with pytest.raises(EvalError):
        target_of(url)


@pytest.mark.parametrize(("rate", "seconds"), [(10, 601), (2_000, 600), (0, 1), (10, 0), (-1, 1)])
def test_a_load_is_bounded(rate: float, seconds: float) -> None:
    with pytest.raises(EvalError, match="bounded"):
        measure(target_of("http://127.0.0.1:9/"), [b"{}"], rate=rate, seconds=seconds)


def test_a_service_that_is_not_there_is_an_error() -> None:
    with pytest.raises(EvalError, match="127"):
        measure(target_of("http://127.0.0.1:9/"), [b"{}"], rate=1, seconds=1)
