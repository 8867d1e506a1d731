"""`python -m tests.resilience.soak --queries 1000000`: memory of the real service over very many questions and faults.

While clients ask without pause, somebody else sends what is wrong, hangs up, stores, removes and has the indexes made
anew. Memory is what the process alone holds (RssAnon and VmSwap), looked at a hundred times on the way.
"""

import asyncio
import json
import re
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from corpus.library.reading import Library
from eval.cost.question import questions_of
from eval.cost.recombined import recombined_library
from eval.cost.served import Served, served
from indexing.generations.publishing import publish
from service.settings import load_settings
from tests.resilience.clients import Account, Fate, Sent, client

_CLIENTS = 8
_LOOKS = 100
_WARM_UP = 0.2
"""Of all questions: by then caches are full and the allocator has what it needs."""
_COMPARED = 10
"""Looks at the start, after warming up, and at the end whose medians are compared."""
_PAUSE_SECONDS = 1.0
_HEAD = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a run came to."""

    account: Account
    faults: int
    seconds: float
    memory_kb: Sequence[int]
    """At each look, in order."""

    @property
    def drift(self) -> float:
        """How much more memory there is at the end than after warming up, as a share of it."""
        looks = self.memory_kb[int(_WARM_UP * len(self.memory_kb)) :]
        return median(looks[-_COMPARED:]) / median(looks[:_COMPARED]) - 1

    def __str__(self) -> str:
        fates = ", ".join(f"{self.account.fates[fate]:,} {fate}" for fate in Fate)
        looks = self.memory_kb[int(_WARM_UP * len(self.memory_kb)) :]
        early, late, most = (
            kb / 1024 for kb in (median(looks[:_COMPARED]), median(looks[-_COMPARED:]), max(self.memory_kb))
        )
        return (
            f"{fates}; {self.faults:,} faults; {self.seconds:.0f} s; RssAnon + VmSwap {early:.1f} MB after warming up, "
            f"{late:.1f} MB at the end, {most:.1f} MB at most: drift {100 * self.drift:+.2f} %"
        )


def soak(home: Path, questions: Sequence[str], *, queries: int, seed: int) -> Soaked:
    """Asks so many questions in all, of a service on the library in `home`."""
    account, memory, over = Account(), list[int](), Event()
    begun = time.monotonic()
    with served(home, workers=1, settings={}) as service:
        vandal = _Vandal(service, home, Random(seed))
        thread = Thread(target=vandal.run, args=(over,))
        thread.start()
        try:
            for look in range(1, _LOOKS + 1):
                asyncio.run(_asked(service.url, questions, account, most=queries // _LOOKS))
                memory.append(_memory_kb(service.pid))
                sys.stderr.write(
                    f"{look} of {_LOOKS}: {memory[-1] / 1024:.1f} MB after {time.monotonic() - begun:.0f} s\n"
                )
        finally:
            over.set()
            thread.join()
    account.details += vandal.failed
    return Soaked(account, vandal.faults, time.monotonic() - begun, memory)


async def _asked(address: str, questions: Sequence[str], account: Account, *, most: int) -> None:
    sent, left = cycle(_requests(questions)), iter(range(most))

    def goes_on() -> bool:
        return next(left, None) is not None

    await asyncio.gather(*(client(address, sent, account, goes_on=goes_on) for _ in range(_CLIENTS)))


def _requests(questions: Sequence[str]) -> Iterator[Sent]:
    for number, question in enumerate(questions):
        if number % 2:
            yield Sent("POST", "/v1/ask", json.dumps({"question": question}).encode())
        else:
            yield Sent("POST", "/v1/search", json.dumps({"query": question, "k": 10}).encode())


class _Vandal:
    """Does what nobody should, and what goes on beside questions."""

    def __init__(self, service: Served, home: Path, random: Random) -> None:
        self._url = service.url
        self._home = home
        self._random = random
        self._deeds = [
            self._malformed, self._too_large, self._hangs_up_early, self._hangs_up_late, self._half_a_body,
            self._no_such_thing, self._streams_and_leaves, self._stores, self._removes, self._indexes,
        ]  # fmt: skip
        self.faults = 0
        self.failed: list[str] = []
        """Deeds that could not be done."""

    def run(self, over: Event) -> None:
        """One deed after the other, until it is over."""
        while not over.wait(_PAUSE_SECONDS):
            deed = self._random.choice(self._deeds)
            try:
                deed()
            except Exception as error:  # noqa: BLE001 - a soak without faults would prove nothing, so each is told of
                self.failed.append(f"{deed.__name__}: {error!r}")
            else:
                self.faults += 1

    def _malformed(self) -> None:
        httpx.post(f"{self._url}/v1/ask", content=b'{"question": [' * 500, headers={"content-type": "application/json"})

    def _too_large(self) -> None:
        # it may hang up before all of it is sent
        with suppress(httpx.WriteError, httpx.ReadError):
            httpx.post(f"{self._url}/v1/search", content=b"x" * 2_000_000)

    def _hangs_up_early(self) -> None:
        self._sent(_HEAD[: self._random.randrange(1, len(_HEAD))])

    def _hangs_up_late(self) -> None:
        body = json.dumps({"question": "Who leaves before the answer is there?"}).encode()
        self._sent(_HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)

    def _half_a_body(self) -> None:
        self._sent(_HEAD + b"content-length: 90000\r\n\r\n" + b"x" * 40_000)

    def _no_such_thing(self) -> None:
        httpx.get(f"{self._url}/v1/articles/none-{self._random.random()}")

    def _streams_and_leaves(self) -> None:
        headers = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{self._url}/v1/ask", json={"question": "Who streams?"}, headers=headers) as answer:
            next(answer.iter_bytes())

    def _stores(self) -> None:
        name = self._random.randrange(20)
        httpx.put(f"{self._url}/v1/articles/soak-{name}", json={"text": f"Ship {name} was seen off the wall. " * 40})

    def _removes(self) -> None:
        httpx.delete(f"{self._url}/v1/articles/soak-{self._random.randrange(20)}")

    def _indexes(self) -> None:
        with closing(Library(self._home)) as library:
            publish(library, wait_seconds=60)

    def _sent(self, data: bytes) -> None:
        parts = urlsplit(self._url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            connection.sendall(data)


def _memory_kb(pid: int) -> int:
    told = Path(f"/proc/{pid}/status").read_text()
    return sum(int(found) for found in re.findall(r"^(?:RssAnon|VmSwap):\s+(\d+) kB", told, re.MULTILINE))


def main(
    *,
    queries: Annotated[int, typer.Option(min=_LOOKS)] = 1_000_000,
    passages: Annotated[int, typer.Option(min=1, help="About so many.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the faults.")] = 1,
) -> None:
    """Print what became of all questions and of the memory; the exit status is 1 if one was lost or wrong."""
    with TemporaryDirectory(prefix="byline-soak-") as folder:
        home = Path(folder) / "home"
        with recombined_library(load_settings(), passages=passages) as parts:
            cached = parts.settings.home
        shutil.copytree(cached, home)
        soaked = soak(home, questions_of(None, most=1000), queries=queries, seed=seed)
    sys.stdout.write(f"{soaked}\n")
    sys.stdout.writelines(f"  {detail}\n" for detail in soaked.account.details[:20])
    if soaked.account.details:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
