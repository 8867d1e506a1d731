"""`python -m eval.cost.load URL --rates 50,100,200`: open-loop load on a service, with waiting counted.

Requests leave at given times whether or not earlier ones were answered, as from users who know nothing of each other,
and a latency counts from the moment a request was due: a service that falls behind cannot slow its own measurement.
"""

import asyncio
import math
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from eval.cost.client import Answered, Connection, Target, key_in, target_of
from eval.cost.question import questions_of
from eval.errors import EvalError
from eval.reports.markdown import table
from eval.told import telling_errors

MOST_SECONDS = 600.0
MOST_REQUESTS = 1_000_000
CONNECTIONS = 64
"""Kept alive; a request that finds all of them busy waits for one, and the wait counts."""
_DRAIN_SECONDS = 5.0
_SEED = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one rate."""

    offered: float
    """Requests a second that were due."""
    seconds: float
    """From the start of the load to the last answer."""
    latencies_ms: Sequence[float] = field(repr=False)
    """Of answers with status 200, from the moment the request was due."""
    refusals_ms: Sequence[float] = field(repr=False)
    """Of answers with status 503 and a Retry-After, from the moment the request was due."""
    failed: int
    """Other answers, broken connections, and requests without an answer 5 seconds after the last was due."""

    @property
    def refused(self) -> int:
        """How many were refused in order."""
        return len(self.refusals_ms)

    @property
    def achieved(self) -> float:
        """Answers with status 200 a second."""
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0

    def percentile(self, at: float) -> float:
        """Of the latencies in milliseconds; what was refused or failed counts as endless."""
        return percentile(self.latencies_ms, at, endless=self.refused + self.failed)


def percentile(found: Sequence[float], at: float, *, endless: int = 0) -> float:
    """The nearest rank's value, so many more being endless; endless where there is nothing."""
    rank = math.ceil(at / 100 * (len(found) + endless)) - 1
    return sorted(found)[rank] if 0 <= rank < len(found) else math.inf


def measure(
    target: Target, bodies: Sequence[bytes], *, rate: float, seconds: float, connections: int = CONNECTIONS
) -> Measured:
    """Sends the bodies in turn at `rate` requests a second, at random times (Poisson) that are the same at every call.

    Raises EvalError for a service that cannot be reached and for more than MOST_SECONDS or MOST_REQUESTS.
    """
    if not (0 < seconds <= MOST_SECONDS and 0 < rate * seconds <= MOST_REQUESTS):
        raise EvalError(f"a load is bounded to {MOST_SECONDS:.0f} seconds and {MOST_REQUESTS:,} requests")
    due = np.cumsum(np.random.default_rng(_SEED).exponential(1 / rate, math.ceil(rate * seconds)))
    # drawn ones come a little too fast or too slow together
    due *= len(due) / rate / due[-1]
    requests = [target.request(body) for body in bodies]
    return asyncio.run(_Run(target, connections).measure(due.tolist(), cycle(requests)))


class _Run:
    """One rate's connections and what is known so far."""

    def __init__(self, target: Target, connections: int) -> None:
        self._target = target
        self._connections = connections
        self._idle = deque[Connection]()
        self._all = list[Connection]()
        self._waiting = deque[tuple[float, bytes]]()
        self._replacing = set[asyncio.Task[None]]()
        self._latencies = list[float]()
        self._refusals = list[float]()
        self._failed = self._open = 0
        self._last = 0.0

    async def measure(self, due: Sequence[float], requests: Iterator[bytes]) -> Measured:
        loop = asyncio.get_running_loop()
        try:
            for _ in range(self._connections):
                await self._connect()
        except OSError as error:
            raise EvalError(f"{self._target}: {error}") from error
        begun = self._last = loop.time()
        for moment, request in zip(due, requests, strict=False):
            if (early := begun + moment - loop.time()) > 0:
                await asyncio.sleep(early)
            self._open += 1
            self._waiting.append((begun + moment, request))
            self._send()
        until = loop.time() + _DRAIN_SECONDS
        while self._open and loop.time() < until:
            await asyncio.sleep(0.01)
        measured = Measured(
            offered=len(due) / due[-1],
            seconds=self._last - begun,
            latencies_ms=tuple(self._latencies),
            refusals_ms=tuple(self._refusals),
            failed=self._failed + self._open,
        )
        for connection in self._all:
            connection.close()
        return measured

    async def _connect(self) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self._answered), self._target.host, self._target.port
        )
        self._all.append(connection)
        self._idle.append(connection)

    def _send(self) -> None:
        # in turn, so that every process behind the address gets its share
        while self._waiting and self._idle:
            connection = self._idle.popleft()
            if connection.closed:
                self._start_replacing()
            else:
                connection.send(*self._waiting.popleft())

    def _answered(self, connection: Connection, answer: Answered) -> None:
        self._open -= 1
        self._last = asyncio.get_running_loop().time()
        took_ms = 1000 * (self._last - answer.due)
        if answer.status == 200:  # noqa: PLR2004 - the status of an answer
            self._latencies.append(took_ms)
        elif answer.status == 503 and answer.says_when:  # noqa: PLR2004 - the status of a refusal
            self._refusals.append(took_ms)
        else:
            self._failed += 1
        if answer.kept:
            self._idle.append(connection)
            self._send()
        else:
            self._start_replacing()

    def _start_replacing(self) -> None:
        task = asyncio.create_task(self._replace())
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _replace(self) -> None:
        # with none left, what waits has failed when the time is over
        with suppress(OSError):
            await self._connect()
        self._send()


def lines(measured: Iterable[Measured]) -> Iterator[str]:
    """The table."""
    head = ["requests/s", "answered/s", "p50 ms", "p99 ms", "refused", "failed"]
    yield from table(
        head,
        (
            [f"{one.offered:.0f}", f"{one.achieved:.0f}", _shown(one.percentile(50)), _shown(one.percentile(99)),
             str(one.refused), str(one.failed)]
            for one in measured
        ),
    )  # fmt: skip


def _shown(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if math.isfinite(milliseconds) else "–"


def main(
    url: Annotated[str, typer.Argument(help="Such as http://127.0.0.1:8000/v1/search; loopback addresses only.")],
    *,
    rates: Annotated[str, typer.Option(help="Requests a second, one rate after the other.")] = "50,100,200",
    seconds: Annotated[float, typer.Option(help="How long each rate is kept up.")] = 10,
    questions: Annotated[int, typer.Option(min=1, help="So many of the shipped questions, asked in turn.")] = 150,
    k: Annotated[int, typer.Option(min=1, help="Passages asked for.")] = 10,
    key_file: Annotated[
        Path | None,
        typer.Option(help="A file with an API key made with `--rate 0`, for a service that needs one."),
    ] = None,
) -> None:
    """Print how long answers take at each rate."""
    with telling_errors():
        # from a file, as all users of a machine see each other's command lines
        target = target_of(url, key=None if key_file is None else key_in(key_file))
        bodies = target.bodies(questions_of(None, most=questions), k=k)
        measured = []
        for rate in rates.split(","):
            try:
                measured.append(measure(target, bodies, rate=float(rate), seconds=seconds))
            except ValueError as error:
                raise typer.BadParameter(f"{rate} is no number", param_hint="--rates") from error
    sys.stdout.writelines(f"{line}\n" for line in lines(measured))


if __name__ == "__main__":
    typer.run(main)
