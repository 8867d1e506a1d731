"""One sequence of everything that is ever written: run whole to be recorded, or broken off at each of its changes.

`python -m tests.resilience.scripted BASE LOG` prints, for each step, after how many changes it began and was
acknowledged.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.resilience.collection import opened
from tests.resilience.operations import Kind, Operation, Version
from tests.resilience.recorder import Recorder

Step = Operation | str
"""A change, or what `Collection.carry_out` takes."""


def _put(*versions: tuple[str, str, int]) -> Operation:
    return Operation(Kind.PUT, tuple(Version(*each) for each in versions))


SESSIONS: tuple[tuple[Step, ...], ...] = (
    (
        _put(("a", "w01q", 3)),
        _put(("b", "w02q", 1), ("c", "w03q", 4), ("d", "w04q", 2)),
        Operation(Kind.KEY, subject="first"),
        Operation(Kind.FEEDBACK, subject="said 1"),
        "flush",
        _put(("a", "w05q", 5)),
        Operation(Kind.REMOVE, subject="b"),
        "flush",
        _put(("e", "w06q", 2), ("a", "w07q", 1)),
        "merge",
        Operation(Kind.KEY, subject="second"),
        _put(("b", "w08q", 2)),
    ),
    (
        Operation(Kind.REMOVE, subject="c"),
        "publish",
        Operation(Kind.REVOKE, subject="first"),
        Operation(Kind.FEEDBACK, subject="said 2"),
        _put(("c", "w09q", 3), ("f", "w10q", 1)),
        "flush",
        _put(("d", "w11q", 2)),
    ),
    (
        "backup",
        _put(("g", "w12q", 2)),
        Operation(Kind.RESTORE, subject="g"),
        _put(("h", "w13q", 1)),
        "backup",
    ),
)
"""What is done between an opening of the library and its closing, which has SQLite move its log into the database."""
STEPS: tuple[Step, ...] = tuple(step for session in SESSIONS for step in session)
WORDS = [version.word for step in STEPS if isinstance(step, Operation) for version in step.versions]


def home_in(base: Path) -> Path:
    """Where the library is made: two folders below, so that these are made as well."""
    return base / "made" / "home"


@dataclass(frozen=True, slots=True)
class Moment:
    """Between which numbers of changes a step was under way."""

    begun: int
    acknowledged: int


def run(base: Path) -> Iterator[int]:
    """Does all of it, giving before and after each step how many are acknowledged."""
    done = 0
    for session in SESSIONS:
        with opened(home_in(base)) as collection:
            for step in session:
                yield done
                if isinstance(step, Operation):
                    collection.apply(step)
                else:
                    collection.carry_out(step)
                done += 1
                yield done


def main() -> None:
    """Records."""
    base, log = map(Path, sys.argv[1:])
    recorder = Recorder()
    recorder.watch(base, log=log)
    counts = [recorder.count for _ in run(base)]
    # what closing changes comes after the last acknowledgement
    total = recorder.count
    recorder.rest()
    moments = list(zip(counts[::2], counts[1::2], strict=True))
    sys.stdout.write(json.dumps({"moments": moments, "changes": total}))


if __name__ == "__main__":
    main()
