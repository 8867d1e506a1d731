"""Load that is offered at a rate: waiting counts, and so does what is not answered as it should be."""

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from eval.bench.offering import offer

pytestmark = pytest.mark.server
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def served(answer: Callable[[int], bytes], *, takes: float = 0.0) -> Iterator[str]:
    """A server that answers requests one at a time, each in so many seconds; b"" closes the connection."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    at = list[str]()

    async def run() -> None:
        one_at_a_time, count = asyncio.Lock(), 0

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
                    async with one_at_a_time:
                        await asyncio.sleep(takes)
                        count += 1
                        given = answer(count)
                    if not given:
                        return
                    writer.write(given)
            except asyncio.IncompleteReadError:
                pass
            finally:
                writer.close()

        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            at.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/search")
            stopped.append(asyncio.Event())
            ready.set()
            await stopped[0].wait()
            # what clients closed is noticed before the loop ends
            await asyncio.sleep(0.05)

    stopped = list[asyncio.Event]()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    ready.wait(10)
    try:
        yield at[0]
    finally:
        loop.call_soon_threadsafe(stopped[0].set)
        thread.join(10)
        loop.close()


def test_all_is_answered_at_a_rate_that_is_kept_up() -> None:
    with served(lambda _: GOOD) as url:
        offered = offer(url, [b"{}"], 100, 0.5)
    assert offered.errors == 0
    assert offered.achieved > 50
    assert offered.p50_ms <= offered.p99_ms < 500


def test_waiting_counts_from_the_moment_that_a_request_was_due() -> None:
    with served(lambda _: GOOD, takes=0.02) as url:
        offered = offer(url, [b"{}"], 100, 0.5)
    assert offered.errors == 0
    assert offered.achieved < 60
    assert offered.p99_ms > 300


@pytest.mark.parametrize("bad", [BUSY, b""])
def test_what_is_not_answered_well_is_an_error(bad: bytes) -> None:
    with served(lambda number: bad if number % 2 else GOOD) as url:
        offered = offer(url, [b"{}"], 100, 0.3)
    assert 10 <= offered.errors <= 20
    assert math.isinf(offered.p99_ms)
