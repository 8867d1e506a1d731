"""Requests that arrive at a given rate whether or not earlier ones were answered, so that waiting is counted.

The one place that offers load to a service: `offer` is all that the rest of the benchmark knows of it.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

_CONNECTIONS = 64
"""Kept alive; a request that finds all of them busy waits for one, and the wait counts."""
_DRAIN_SECONDS = 5.0
_OK = b" 200 "


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of one rate."""

    rate: float
    """Requests a second that were due."""
    achieved: float
    """Answered with status 200, a second."""
    p50_ms: float
    p99_ms: float
    """From the moment that a request was due; endless if so many failed."""
    errors: int
    """Other answers, broken connections, and none within 5 seconds after the last was due."""


Offer = Callable[[str, Sequence[bytes], float, float], Offered]
"""URL, bodies sent in turn, requests a second, seconds."""


def offer(url: str, bodies: Sequence[bytes], rate: float, seconds: float) -> Offered:
    """Posts the bodies in turn, at random moments (Poisson) that are the same at every call."""
    due = np.cumsum(np.random.default_rng(7).exponential(1 / rate, math.ceil(rate * seconds)))
    took, lasted = asyncio.run(_offered(url, bodies, due.tolist()))
    answered = sorted(milliseconds for milliseconds in took if milliseconds is not None)

    def at(share: float) -> float:
        rank = math.ceil(share * len(took)) - 1
        return answered[rank] if rank < len(answered) else math.inf

    return Offered(rate, len(answered) / lasted, at(0.5), at(0.99), len(took) - len(answered))


async def _offered(url: str, bodies: Sequence[bytes], due: Sequence[float]) -> tuple[list[float | None], float]:
    """Milliseconds of each request, None for one without a good answer, and how long all of it took in seconds."""
    loop = asyncio.get_running_loop()
    address = urlsplit(url)
    idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        idle.put_nowait(_Connection(address.hostname or "", address.port or 80, address.path))
    took: list[float | None] = [None] * len(due)
    begun = loop.time()

    async def one(number: int) -> None:
        connection = await idle.get()
        try:
            if await connection.post(bodies[number % len(bodies)]):
                took[number] = 1000 * (loop.time() - begun - due[number])
        except (OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            await connection.close()
        finally:
            idle.put_nowait(connection)

    tasks = []
    for number, moment in enumerate(due):
        if (early := begun + moment - loop.time()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(one(number)))
    _, late = await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    lasted = loop.time() - begun
    while not idle.empty():
        await idle.get_nowait().close()
    return took, lasted


class _Connection:
    """One connection that is kept alive, opened when it is first used."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._host, self._port, self._path = host, port, path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> bool:
        """Whether the answer has status 200; it is read to its end. Raises what `_offered` takes for a failure."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = f"POST {self._path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        headers = answer.lower()
        await reader.readexactly(int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
        if b"connection: close" in headers:
            await self.close()
        return _OK in answer.split(b"\r\n", 1)[0]

    async def close(self) -> None:
        """Drops the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
