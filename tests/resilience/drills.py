"""`python -m tests.resilience.drills ends|swaps|cycles`: the real service, ended and indexed anew under load.

- `ends`: it is told to end while clients ask and store. Every request that it accepted is answered all the same, it
  ends with status 0, and the next start has all that was acknowledged.
- `swaps`: its indexes are made anew again and again while clients ask.
- `cycles`: it is started, asked once and ended.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import MappingProxyType
from typing import Annotated, TypeVar

import httpx
import typer

from corpus.library.reading import Library
from eval.cost.served import Served, served
from indexing.generations.publishing import publish
from tests.resilience.clients import Account, Fate, client, questions

Where = TypeVar("Where")
"""What a drill is carried out on."""
_LOAD_SECONDS = 0.5
_END_SECONDS = 60
"""As long as requests under way may take at the end."""


@dataclass(slots=True)
class Outcome:
    """Of a drill's rounds so far."""

    account: Account = field(default_factory=Account)
    rounds: int = 0
    problems: list[str] = field(default_factory=list)
    slowest_end: float = 0.0
    """Seconds from the signal to the end of the process."""

    def __str__(self) -> str:
        fates = ", ".join(f"{self.account.fates[fate]:,} {fate}" for fate in Fate)
        return (
            f"{self.rounds:,} rounds: {fates}; {len(self.account.stored):,} articles stored; "
            f"slowest end {self.slowest_end:.1f} s; {len(self.problems)} problems"
        )

    def check(self) -> None:
        """Notes what became of requests that ought not to."""
        self.problems += self.account.details
        self.account.details.clear()


def ends(home: Path, rounds: int, *, clients: int = 16, workers: int = 1) -> Outcome:
    """Ends the service under load, `rounds` times."""
    outcome = Outcome()
    for number in range(rounds):
        with served(home, workers=workers, settings={}) as service:
            outcome.problems += missing(service.url, outcome.account.stored)
            with under_load(service.url, outcome.account, clients=clients, storing=f"round-{number}"):
                time.sleep(_LOAD_SECONDS)
                _end(service, outcome)
        outcome.rounds += 1
        outcome.check()
    with served(home, workers=workers, settings={}) as service:
        outcome.problems += missing(service.url, outcome.account.stored)
    return outcome


def swaps(home: Path, rounds: int, *, clients: int = 4, workers: int = 1) -> Outcome:
    """Makes the indexes anew under load, `rounds` times, and waits each time until they are the ones in use."""
    outcome = Outcome()
    with served(home, workers=workers, settings={}) as service, closing(Library(home)) as library:
        with under_load(service.url, outcome.account, clients=clients, storing="swap"):
            for _ in range(rounds):
                manifest = publish(library, wait_seconds=60)
                if not _searched(service, manifest.number):
                    outcome.problems.append(f"generation {manifest.number} was never searched")
                outcome.rounds += 1
        outcome.check()
        outcome.problems += missing(service.url, outcome.account.stored)
    return outcome


def cycles(home: Path, rounds: int) -> Outcome:
    """Starts the service, asks it once and ends it, `rounds` times."""
    outcome = Outcome()
    for _ in range(rounds):
        with served(home, workers=1, settings={}) as service:
            asyncio.run(client(service.url, questions(), outcome.account, goes_on=_once()))
            _end(service, outcome)
        outcome.rounds += 1
        outcome.check()
    return outcome


def _once() -> Callable[[], bool]:
    left = iter([True])
    return lambda: next(left, False)


@contextmanager
def under_load(url: str, account: Account, *, clients: int, storing: str) -> Iterator[None]:
    """Clients that ask until the block ends, or until nobody answers any more."""
    over = Event()

    async def all_of_them() -> None:
        named = (questions(storing=f"{storing}-{number}") for number in range(clients))
        await asyncio.gather(*(client(url, requests, account, goes_on=lambda: not over.is_set()) for requests in named))

    thread = Thread(target=lambda: asyncio.run(all_of_them()))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _end(service: Served, outcome: Outcome) -> None:
    begun = time.monotonic()
    status = service.end(seconds=_END_SECONDS)
    outcome.slowest_end = max(outcome.slowest_end, time.monotonic() - begun)
    if status != 0:
        outcome.problems.append(f"it ended with status {status}")


def missing(url: str, stored: set[str]) -> list[str]:
    """Articles that were acknowledged and are not listed."""
    listed, after = set[str](), ""
    while True:
        page = _get(url, f"/v1/articles?limit=100&after={after}")
        found = json.loads(page)
        listed |= {line["id"] for line in found["articles"]}
        if found["next"] is None:
            return [f"{name} was acknowledged and is not there" for name in sorted(stored - listed)]
        after = found["next"]


def _generation(service: Served) -> int:
    found = re.search(r"^byline_index_generation ([\d.]+)$", _get(service.url, "/metrics"), re.MULTILINE)
    return 0 if found is None else int(float(found[1]))


def _get(url: str, path: str) -> str:
    return httpx.get(url + path, timeout=_END_SECONDS).text


def _searched(service: Served, generation: int) -> bool:
    """Waits until this generation is the one that is searched."""
    deadline = time.monotonic() + _END_SECONDS
    while _generation(service) < generation:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


DRILLS: Mapping[str, Callable[[Path, int], Outcome]] = MappingProxyType(
    {"ends": ends, "swaps": swaps, "cycles": cycles}
)


def main(
    drill: Annotated[str, typer.Argument(help=f"One of {', '.join(DRILLS)}.")],
    *,
    rounds: Annotated[int, typer.Option(min=1)] = 100,
) -> None:
    """Carry out a drill, and print what became of all requests; the exit status is 1 if there was a problem."""
    carry_out(DRILLS, drill, Path, rounds)


def carry_out(
    drills: Mapping[str, Callable[[Where, int], Outcome]], drill: str, where: Callable[[str], Where], rounds: int
) -> None:
    """Carries out the drill of this name in a new folder, and prints the outcome. Raises typer's errors."""
    if drill not in drills:
        raise typer.BadParameter(f"{drill!r} is none of {', '.join(drills)}")
    with TemporaryDirectory(prefix="byline-drill-") as home:
        outcome = drills[drill](where(home), rounds)
    sys.stdout.write(f"{drill}: {outcome}\n")
    sys.stdout.writelines(f"  {problem}\n" for problem in outcome.problems[:20])
    if outcome.problems:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
