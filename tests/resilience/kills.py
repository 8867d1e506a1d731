"""`python -m tests.resilience.kills --kills 1000 --seed 1`: kill -9 at random moments, and look what is left.

A child process works on a library; the parent kills it, and the next child, a fresh process, opens the library with no
other step and tells all that it holds, which is compared with what was acknowledged. Then it works on until it is
killed in its turn. Some children are the HTTP service, for which an acknowledgement is a 2xx.
"""

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.resilience.ledger import Ledger
from tests.resilience.operations import Words, drawn
from tests.resilience.served import serve_and_kill
from tests.resilience.workers import Died, Worker

_IDS = [f"article-{number:02d}" for number in range(24)]
_PER_LIBRARY = 100
"""Kills that one library goes through before the next begins empty: every passage of it is compared each time."""
_LONGEST_SECONDS = 0.6
_OPENING_SHARE = 0.05
_RECENT, _OLDER = 150, 100
"""Words that are looked up after each kill: the last ones, and some of all before."""


@dataclass
class Figures:
    """What came of a run."""

    kills: int = 0
    opened: int = 0
    """Fresh processes that opened the library; one that was killed while it opened is none."""
    to_open: int = 0
    acknowledged: int = 0
    by: Counter[str] = field(default_factory=Counter)
    """Kills by what the process was doing."""
    wrong: list[str] = field(default_factory=list)

    def said(self) -> str:
        """For people."""
        kinds = Counter(each.split(":", 1)[0] for each in self.wrong)
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.by.items()))
        return (
            f"{self.kills} kills ({told}), {self.acknowledged} changes acknowledged: "
            f"{kinds['lost']} lost, {kinds['half visible']} half visible, {kinds['back']} back, "
            f"{sum(kinds.values()) - kinds['lost'] - kinds['half visible'] - kinds['back']} other faults; "
            f"opened {self.opened} of {self.to_open}"
        )


def run(
    kills: int, *, seed: int, folder: Path, served_share: float = 0.1, tell: Callable[[Figures], None] = lambda _: None
) -> Figures:
    """Kills so many processes, in libraries below `folder`, and judges what each kill left. Tells of each library."""
    figures = Figures()
    while figures.kills < kills and not figures.wrong:
        begun = figures.kills
        # what a kill is like does not depend on how far the process came before the last one
        schedule = [Random(f"{seed} {number}") for number in range(begun, min(begun + _PER_LIBRARY, kills))]
        _Rounds(folder / f"library-{begun}", figures, served_share=served_share).run(schedule)
        tell(figures)
    return figures


class _Rounds:
    """One library from its making on, with a kill in each round."""

    def __init__(self, home: Path, figures: Figures, *, served_share: float) -> None:
        self._home = home
        self._figures = figures
        self._served_share = served_share
        self._ledger = Ledger()
        self._words = Words()

    def run(self, schedule: list[Random]) -> None:
        """A round for each; then the library is looked at once more."""
        # while one works, the next one already imports
        spare = Worker(self._home)
        try:
            for random in schedule:
                worker, spare = spare, Worker(self._home)
                try:
                    worker.wait_until_ready()
                    self._round(worker, random)
                finally:
                    worker.close()
                    self._figures.wrong += worker.wrong
                if self._figures.wrong:
                    return
            spare.wait_until_ready()
            self._look(spare, schedule[0])
            self._figures.wrong += spare.wrong
            self._figures.acknowledged += self._ledger.acknowledged
        finally:
            spare.close()

    def _round(self, worker: Worker, random: Random) -> None:
        kind = random.random()
        self._figures.kills += 1
        if kind < self._served_share:
            self._figures.by["serving"] += 1
            self._look(worker, random)
            worker.close()
            self._figures.wrong += serve_and_kill(self._home, random, self._ledger, self._words, ids=_IDS)
        elif kind < self._served_share + _OPENING_SHARE:
            # while it opens what the last kill left; the next one finds that as it was
            self._figures.by["opening"] += 1
            with _killed_after(worker, random.uniform(0, 0.06)), suppress(Died):
                worker.wrong += self._ledger.judge(worker.examine(self._looked_up(random)))
        else:
            self._look(worker, random)
            if random.random() < 0.8:
                worker.upkeep(random.randrange(1_000_000))
            at_a_moment = random.random() < 0.5
            self._figures.by["at a moment" if at_a_moment else "in an operation"] += 1
            if not at_a_moment:
                self._work(worker, random, operations=random.randint(0, 12))
            with _killed_after(worker, random.uniform(0, _LONGEST_SECONDS if at_a_moment else 0.02)):
                self._work(worker, random, operations=None)

    def _work(self, worker: Worker, random: Random, *, operations: int | None) -> None:
        """Has it do so many operations; without a number, until it is killed."""
        done = 0
        while operations is None or done < operations:
            operation = drawn(random, self._words, ids=_IDS, present=self._ledger.present, keys=self._ledger.unrevoked)
            self._ledger.begin(operation)
            try:
                acknowledged = worker.do(operation.as_json())
            except Died:
                return
            (self._ledger.acknowledge if acknowledged else self._ledger.refused)(operation)
            done += 1

    def _look(self, worker: Worker, random: Random) -> None:
        self._figures.to_open += 1
        try:
            seen = worker.examine(self._looked_up(random))
        except Died:
            self._figures.wrong.append("the library did not open")
            return
        self._figures.opened += 1
        self._figures.wrong += self._ledger.judge(seen)

    def _looked_up(self, random: Random) -> list[str]:
        older = self._words.given[:-_RECENT]
        return self._words.given[-_RECENT:] + random.sample(older, min(_OLDER, len(older)))


@contextmanager
def _killed_after(worker: Worker, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, worker.kill)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def main() -> None:
    """Prints the figures; the exit status is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--served", type=float, default=0.1, help="share of the kills that hit the HTTP service")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="byline-kills-") as folder:
        figures = run(
            arguments.kills,
            seed=arguments.seed,
            folder=Path(folder),
            served_share=arguments.served,
            # the run takes long, and who ends it has what came of it until then
            tell=lambda so_far: print(f"seed {arguments.seed}: {so_far.said()}", flush=True),  # noqa: T201 - for people
        )
    sys.stdout.writelines(f"  {each}\n" for each in figures.wrong[:20])
    sys.exit(1 if figures.wrong else 0)


if __name__ == "__main__":
    main()
