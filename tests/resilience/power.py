"""`python -m tests.resilience.power --states 2000 --seed 1`: the power goes at some moment of the scripted sequence.

The sequence is recorded once. Each state is what the disk may hold after one of its changes; the library in it must
open, with all that was acknowledged by then, and go on working.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.resilience.collection import opened
from tests.resilience.disk import Model, Record, put_on_disk, state
from tests.resilience.examining import examine, examined
from tests.resilience.failpoints import ledger_after
from tests.resilience.ledger import Ledger
from tests.resilience.operations import Kind, Operation, Version
from tests.resilience.recorder import built, environment
from tests.resilience.scripted import WORDS, Moment, home_in
from tests.resilience.workers import ROOT

_NEXT = Operation(Kind.PUT, (Version("next", "w99q", 2),))


@dataclass
class Figures:
    """What came of a run."""

    states: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run of the scripted sequence."""

    record: Record
    moments: tuple[Moment, ...]
    changes: int

    def ledger(self, until: int) -> Ledger:
        """What holds at this change."""
        acknowledged = sum(moment.acknowledged <= until for moment in self.moments)
        begun = sum(moment.begun <= until for moment in self.moments)
        return ledger_after(acknowledged, under_way=begun > acknowledged)


def recorded(folder: Path) -> Recorded:
    """Runs the sequence below `folder`, in a process that has the recorder preloaded."""
    base, log = folder / "base", folder / "log"
    base.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.resilience.scripted", str(base), str(log)],
        cwd=ROOT, env=environment(built(folder)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    raw = json.loads(done.stdout)
    moments = tuple(Moment(*each) for each in raw["moments"])
    return Recorded(Record(base, log.read_bytes()), moments, raw["changes"])


def wrong_after(run: Recorded, folder: Path, *, until: int, model: Model, random: Random | None) -> list[str]:
    """What a fresh opening finds wrong in a state, which is made in `folder`. Also whether the next change works."""
    put_on_disk(state(run.record, until=until, model=model, random=random), folder)
    ledger = run.ledger(until)
    home = home_in(folder)
    try:
        wrong = ledger.judge(examine(home, words=WORDS))
        if random is not None and random.random() < 0.2:
            with opened(home) as collection:
                ledger.begin(_NEXT)
                collection.apply(_NEXT)
                collection.carry_out("flush")
                ledger.acknowledge(_NEXT)
                wrong += ledger.judge(examined(collection, words=WORDS))
    except Exception as error:  # noqa: BLE001 - whatever is raised, the library did not open
        wrong = [f"{type(error).__name__}: {error}"]
    return wrong


def explore(run: Recorded, folder: Path, *, states: int, seed: int) -> Figures:
    """So many states, half of them of each model, at moments spread evenly by chance."""
    figures = Figures(changes=run.changes)
    for number in range(states):
        random = Random(f"{seed} {number}")
        model = list(Model)[number % len(Model)]
        until = random.randint(0, run.changes)
        place = folder / f"state-{number}"
        figures.states[model.value] += 1
        wrong = wrong_after(run, place, until=until, model=model, random=random)
        figures.wrong += [f"state {number} ({model.value}, change {until}): {each}" for each in wrong]
        shutil.rmtree(place, ignore_errors=True)
    return figures


def main() -> None:
    """Prints the figures; the exit status is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="byline-power-") as folder:
        run = recorded(Path(folder))
        figures = explore(run, Path(folder), states=arguments.states, seed=arguments.seed)
    sys.stdout.write(
        f"seed {arguments.seed}: {figures.changes} changes; states {dict(figures.states)}; {len(figures.wrong)} wrong\n"
    )
    sys.stdout.writelines(f"  {each}\n" for each in figures.wrong[:40])
    sys.exit(1 if figures.wrong else 0)


if __name__ == "__main__":
    main()
