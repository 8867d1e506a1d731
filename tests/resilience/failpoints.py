"""`python -m tests.resilience.failpoints`: the scripted sequence broken off, or refused, at each change it makes.

For each change in turn, in a folder of its own: once the process is killed in front of it, once it fails with ENOSPC,
once with EIO. After a kill a fresh opening must find all that was acknowledged; after an error the layer's own error is
raised, the same step then succeeds, and nothing of what was acknowledged is lost, in that process or after it.
"""

import argparse
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from corpus.errors import CorpusError
from indexing.errors import IndexingError
from service.backup.errors import BackupError
from service.backup.restoring import check_backup
from service.feedback.errors import FeedbackError
from service.keys.errors import KeysError
from tests.resilience.collection import Collection
from tests.resilience.examining import examine, examined
from tests.resilience.ledger import Ledger
from tests.resilience.operations import Operation
from tests.resilience.recorder import KILL, Recorder, built, environment
from tests.resilience.scripted import SESSIONS, STEPS, WORDS, Step, home_in, run
from tests.resilience.workers import ROOT

_OURS = (CorpusError, IndexingError, BackupError, FeedbackError, KeysError)
Result = TypeVar("Result")
WAYS = {"kill": KILL, "ENOSPC": errno.ENOSPC, "EIO": errno.EIO}


@dataclass
class Figures:
    """What came of a run."""

    changes: int = 0
    """That the sequence makes."""
    tried: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    """Errors by their type."""
    wrong: list[str] = field(default_factory=list)


def ledger_after(acknowledged: int, *, under_way: bool) -> Ledger:
    """What holds when so many steps were acknowledged, and perhaps the next was begun."""
    ledger = Ledger()
    for step in STEPS[:acknowledged]:
        if isinstance(step, Operation):
            ledger.begin(step)
            ledger.acknowledge(step)
    following = STEPS[acknowledged] if under_way and acknowledged < len(STEPS) else None
    if isinstance(following, Operation):
        ledger.begin(following)
    return ledger


def killed_at(recorder: Recorder, base: Path, at: int) -> list[str]:
    """Kills a process in front of this change, and judges what a fresh opening finds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run_until_killed(recorder, base, at, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read()
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        return [f"it ended by itself with status {os.WEXITSTATUS(status)}"]
    acknowledged = len(said) // 2
    ledger = ledger_after(acknowledged, under_way=len(said) % 2 == 1)
    wrong = ledger.judge(examine(home_in(base), words=WORDS))
    return wrong + (_wrong_with_backup(base) if "backup" in STEPS[:acknowledged] else [])


def _run_until_killed(recorder: Recorder, base: Path, at: int, writing: int) -> None:
    status = 1
    try:
        recorder.watch(base)
        recorder.stop(at, error=KILL)
        for _ in run(base):
            # one before and one after each step
            os.write(writing, b".")
        status = 0
    finally:
        os._exit(status)


def failing_at(recorder: Recorder, base: Path, at: int, error: int, figures: Figures) -> list[str]:
    """Has this change fail once. Every step is tried until it succeeds, which is twice at most."""
    recorder.watch(base)
    recorder.stop(at, error=error)
    ledger = Ledger()
    wrong = list[str]()
    for session in SESSIONS:
        collection = _tried(lambda: Collection(home_in(base)), figures)
        for step in session:
            wrong += _one_step(collection, step, ledger, recorder, figures)
        collection.close()
    recorder.rest()
    wrong += ledger.judge(examine(home_in(base), words=WORDS))
    return wrong + _wrong_with_backup(base, articles=len(ledger.present))


def _wrong_with_backup(base: Path, *, articles: int | None = None) -> list[str]:
    """Why the backup cannot be restored, or does not hold so many; nothing where it is the former or the new one."""
    try:
        counts = check_backup(home_in(base).with_name("backup")).library.counts
    except BackupError as error:
        return [f"{type(error).__name__}: {error}"]
    return [] if articles in {None, counts.articles} else [f"the backup has {counts.articles} articles, not {articles}"]


def _one_step(collection: Collection, step: Step, ledger: Ledger, recorder: Recorder, figures: Figures) -> list[str]:
    """One step, again if it is refused; where the error was met, also what is wrong in this process then."""
    before = recorder.refused
    wrong = list[str]()
    if isinstance(step, str):
        _tried(lambda: collection.carry_out(step), figures)
    else:
        ledger.begin(step)
        try:
            collection.apply(step)
        except _OURS as error:
            figures.raised[type(error).__name__] += 1
            # the process goes on: what it searches must be what was acknowledged, with or without this
            wrong = ledger.judge(examined(collection, words=WORDS))
            ledger.begin(step)
            collection.apply(step)
        ledger.acknowledge(step)
    if recorder.refused and not before:
        wrong += ledger.judge(examined(collection, words=WORDS))
    return wrong


def _tried(work: Callable[[], Result], figures: Figures) -> Result:
    try:
        return work()
    except _OURS as error:
        figures.raised[type(error).__name__] += 1
        return work()


def explore(base: Path, *, every: int, offset: int) -> Figures:
    """All three ways at each `every`th change behind the first `offset`; in a process with the recorder preloaded."""
    recorder, figures = Recorder(), Figures()
    recorder.watch(base / "whole")
    for _ in run(base / "whole"):
        pass
    figures.changes = recorder.count
    recorder.rest()
    for at in range(1 + offset, figures.changes + 1, every):
        for way, error in WAYS.items():
            folder = base / f"{way}-{at}"
            figures.tried[way] += 1
            try:
                if error == KILL:
                    wrong = killed_at(recorder, folder, at)
                else:
                    wrong = failing_at(recorder, folder, at, error, figures)
            except Exception as error:  # noqa: BLE001 - what is no error of ours is a fault
                recorder.rest()
                wrong = [f"{type(error).__name__}: {error}"]
            figures.wrong += [f"{way} at change {at}: {each}" for each in wrong]
            shutil.rmtree(folder, ignore_errors=True)
    return figures


def apart(*, every: int, offset: int, folder: Path) -> Figures:
    """The same in a process of its own, which is the one that has the recorder preloaded."""
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--inside", str(folder), "--every", str(every), "--offset", str(offset)],
        cwd=ROOT, env=environment(built(folder)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    raw = json.loads(done.stdout)
    return Figures(raw["changes"], Counter(raw["tried"]), Counter(raw["raised"]), raw["wrong"])


def main() -> None:
    """Prints the figures; the exit status is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every n-th change")
    parser.add_argument("--offset", type=int, default=0, help="how many to pass over first")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside is not None:
        figures = explore(arguments.inside, every=arguments.every, offset=arguments.offset)
        sys.stdout.write(json.dumps(figures.__dict__))
        return
    with tempfile.TemporaryDirectory(prefix="byline-failpoints-") as folder:
        figures = apart(every=arguments.every, offset=arguments.offset, folder=Path(folder))
    sys.stdout.write(
        f"{figures.changes} changes; tried {dict(figures.tried)}; raised {dict(figures.raised)}; "
        f"{len(figures.wrong)} wrong\n"
    )
    sys.stdout.writelines(f"  {each}\n" for each in figures.wrong[:40])
    sys.exit(1 if figures.wrong else 0)


if __name__ == "__main__":
    main()
