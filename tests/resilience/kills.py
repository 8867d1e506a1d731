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
from collections.abc import Iterator
from contextlib import contextmanager
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


def run(kills: int, *, seed: int, folder: Path, served_share: float = 0.1) -> Figures:
    """Kills so many processes, in libraries below `folder`, and judges what each kill left."""
    figures = Figures()
    while figures.kills < kills:
        begun, most = figures.kills, min(_PER_LIBRARY, kills - figures.kills)
        # what a kill is like does not depend on how far the process came before the last one
        schedule = [Random(f"{seed} {begun + number}") for number in range(most)]
        _one_library(folder / f"library-{begun}", schedule, figures, served_share=served_share)
        if figures.wrong:
            break
    return figures


def _one_library(home: Path, schedule: list[Random], figures: Figures, *, served_share: float) -> None:
    ledger, words = Ledger(), Words()
    spare = Worker(home)
    try:
        for random in schedule:
            worker, spare = spare, Worker(home)
            try:
                worker.wait_until_ready()
                _one_kill(home, worker, random, ledger, words, figures, served_share=served_share)
            finally:
                worker.close()
                figures.wrong += worker.wrong
            if figures.wrong:
                return
        spare.wait_until_ready()
        figures.wrong += _looked_at(spare, schedule[0], ledger, words, figures)
        figures.wrong += spare.wrong
        figures.acknowledged += ledger.acknowledged
    finally:
        spare.close()


def _one_kill(
    home: Path, worker: Worker, random: Random, ledger: Ledger, words: Words, figures: Figures, *, served_share: float
) -> None:
    kind = random.random()
    figures.kills += 1
    if kind < served_share:
        figures.wrong += _looked_at(worker, random, ledger, words, figures)
        worker.close()
        figures.by["serving"] += 1
        figures.wrong += serve_and_kill(home, random, ledger, words, ids=_IDS)
        return
    if kind < served_share + 0.05:
        # a process that is killed while it opens what the last kill left; the next one finds it as it was
        figures.by["opening"] += 1
        with _killed_after(worker, random.uniform(0, 0.06)):
            _try_to_look(worker, random, ledger, words)
        return
    figures.wrong += _looked_at(worker, random, ledger, words, figures)
    if random.random() < 0.8:
        worker.compact(random.randrange(1_000_000))
    if random.random() < 0.5:
        figures.by["at a moment"] += 1
        with _killed_after(worker, random.uniform(0, _LONGEST_SECONDS)):
            _work(worker, random, ledger, words, operations=None)
    else:
        figures.by["in an operation"] += 1
        _work(worker, random, ledger, words, operations=random.randint(0, 12))
        with _killed_after(worker, random.uniform(0, 0.02)):
            _work(worker, random, ledger, words, operations=None)


def _work(worker: Worker, random: Random, ledger: Ledger, words: Words, *, operations: int | None) -> None:
    """Has it do so many operations; without a number, until it is killed."""
    done = 0
    while operations is None or done < operations:
        operation = drawn(random, words, ids=_IDS, present=ledger.present, keys=ledger.unrevoked)
        ledger.begin(operation)
        try:
            acknowledged = worker.do(operation.as_json())
        except Died:
            return
        (ledger.acknowledge if acknowledged else ledger.refused)(operation)
        done += 1


def _looked_at(worker: Worker, random: Random, ledger: Ledger, words: Words, figures: Figures) -> list[str]:
    figures.to_open += 1
    try:
        seen = worker.examine(_looked_up(random, words))
    except Died:
        return ["the library did not open"]
    figures.opened += 1
    return ledger.judge(seen)


def _try_to_look(worker: Worker, random: Random, ledger: Ledger, words: Words) -> None:
    try:
        seen = worker.examine(_looked_up(random, words))
    except Died:
        return
    worker.wrong += ledger.judge(seen)


def _looked_up(random: Random, words: Words) -> list[str]:
    older = words.given[:-_RECENT]
    return words.given[-_RECENT:] + random.sample(older, min(_OLDER, len(older)))


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
        figures = run(arguments.kills, seed=arguments.seed, folder=Path(folder), served_share=arguments.served)
    sys.stdout.write(f"seed {arguments.seed}: {figures.said()}\n")
    sys.stdout.writelines(f"  {each}\n" for each in figures.wrong[:20])
    sys.exit(1 if figures.wrong else 0)


if __name__ == "__main__":
    main()
