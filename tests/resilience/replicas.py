"""`python -m tests.resilience.replicas kills|ends`: two services on one library behind nginx, one ended under load.

- `kills`: SIGKILL. What was under way there may be lost and is counted; everything else is answered.
- `ends`: SIGTERM. Nothing is lost.

Each time another one takes its place, and in the end everything that was acknowledged through either is found through
both.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Annotated

import httpx
import typer

from eval.cost.served import Served, served
from tests.resilience.balanced import balanced, free_port
from tests.resilience.clients import Account, Fate
from tests.resilience.drills import Outcome, carry_out, missing, under_load

CLIENTS = 8
_SETTLED_SECONDS = 0.7
_LOAD_SECONDS = 0.5
_END_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Shared:
    """A collection that two services share: a home each, or one, and the settings that name their library."""

    homes: tuple[Path, Path]
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def home(cls, home: Path) -> "Shared":
        """One folder of one machine."""
        return cls((home, home))


@dataclass(frozen=True, slots=True)
class Replicas:
    """Two services of one collection, and what is in front of them."""

    address: str
    running: list[Served]
    start: Callable[[int], Served]
    """Starts the one of this number anew, at its address."""


@contextmanager
def replicas(shared: Shared) -> Iterator[Replicas]:
    """Two of them."""
    ports = [free_port(), free_port()]
    with ExitStack() as stack, TemporaryDirectory(prefix="byline-nginx-") as folder:

        def start(number: int) -> Served:
            return stack.enter_context(
                served(shared.homes[number], workers=1, settings=shared.settings, port=ports[number])
            )

        running = [start(0), start(1)]
        address = stack.enter_context(balanced(Path(folder), (f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}")))
        yield Replicas(address, running, start)


def kills(shared: Shared, rounds: int) -> Outcome:
    """Kills one under load, `rounds` times."""
    return _drill(shared, rounds, end=lambda service, _: service.process.kill(), lost=CLIENTS)


def ends(shared: Shared, rounds: int) -> Outcome:
    """Tells one to end under load, `rounds` times."""

    def end(service: Served, outcome: Outcome) -> None:
        begun = time.monotonic()
        if (status := service.end(seconds=_END_SECONDS)) != 0:
            outcome.problems.append(f"it ended with status {status}")
        outcome.slowest_end = max(outcome.slowest_end, time.monotonic() - begun)

    return _drill(shared, rounds, end=end, lost=0)


def _drill(shared: Shared, rounds: int, *, end: Callable[[Served, Outcome], object], lost: int) -> Outcome:
    """`lost` is how many requests may be under way at the one that ends."""
    outcome = Outcome()
    with replicas(shared) as both:
        outcome.problems += _found_by_all(both)
        for number in range(rounds):
            with under_load(both.address, outcome.account, clients=CLIENTS, storing=f"round-{number}"):
                time.sleep(_LOAD_SECONDS)
                end(both.running[number % 2], outcome)
                time.sleep(_SETTLED_SECONDS)
            # what was under way there may be lost, and nothing else: nobody is told anything wrong
            if len(outcome.account.details) > lost or outcome.account.fates[Fate.WRONG]:
                outcome.check()
            outcome.account.details.clear()
            outcome.problems += _later(both, f"later-{number}", outcome.account)
            both.running[number % 2].process.wait()
            both.running[number % 2] = both.start(number % 2)
            outcome.rounds += 1
        for service in both.running:
            outcome.problems += missing(service.url, outcome.account.stored)
    return outcome


def _later(both: Replicas, storing: str, account: Account) -> list[str]:
    """What goes wrong while only one is left, which is nothing."""
    later = Account()
    with under_load(both.address, later, clients=CLIENTS, storing=storing):
        time.sleep(_LOAD_SECONDS)
    account.stored |= later.stored
    account.fates += later.fates
    unanswered = [] if later.fates[Fate.ANSWERED] else ["the one that is left answers nothing"]
    return later.details + unanswered


def _found_by_all(both: Replicas) -> list[str]:
    """What one stored or removed and the next question to the other does not know."""
    wrong = []
    urls = [service.url for service in both.running]
    with httpx.Client(timeout=30) as client:
        for number, word in enumerate(("zeppelin", "submarine", "comet", "glacier")):
            one, other = urls[number % 2], urls[(number + 1) % 2]
            client.put(f"{one}/v1/articles/{word}", json={"text": f"The {word} was seen."}).raise_for_status()
            wrong += [f"{word} is not found" for url in urls if word not in _found(client, url, word)]
            client.delete(f"{other}/v1/articles/{word}").raise_for_status()
            wrong += [f"{word} is still found" for url in urls if word in _found(client, url, word)]
    return wrong


def _found(client: httpx.Client, url: str, word: str) -> set[str]:
    answer = client.post(f"{url}/v1/search", json={"query": word}).raise_for_status()
    return {passage["article_id"] for passage in answer.json()["passages"]}


DRILLS: Mapping[str, Callable[[Shared, int], Outcome]] = MappingProxyType({"kills": kills, "ends": ends})


def main(
    drill: Annotated[str, typer.Argument(help=f"One of {', '.join(DRILLS)}.")],
    *,
    rounds: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """Carry out a drill, and print what became of all requests; the exit status is 1 if there was a problem."""
    carry_out(DRILLS, drill, lambda home: Shared.home(Path(home)), rounds)


if __name__ == "__main__":
    typer.run(main)
