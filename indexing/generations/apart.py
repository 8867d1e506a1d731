"""Flushing and merging by a process of its own, which holds up no question: the builders hold Python's lock long.

`python -m indexing.generations.apart flush|merge|rebuild HOME SECONDS`, with the plan as JSON over standard input, and
there as well the address of a library that is not in HOME, as it may have a password.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from corpus.errors import CorpusError, LibraryBusy
from corpus.library.choose import open_database
from corpus.library.reading import Library
from corpus.own_process import module_command, module_environment
from indexing.errors import IndexingError, PublishingFailed
from indexing.generations.manifest import FOLDER, Manifest
from indexing.generations.publishing import flush, merge, publish
from indexing.generations.step import Step
from indexing.vectors.plan import Plan, plan_of

_NICENESS = 10
"""Questions come first."""
_FAILED, _BUSY = 3, 4
"""Exit statuses; the second where another process is at it."""


_STEPS: Mapping[Step, Callable[..., Manifest | None]] = {Step.FLUSH: flush, Step.MERGE: merge, Step.REBUILD: publish}


def carry_out(step: Step, library: Library, *, wait_seconds: float, plan: Plan) -> None:
    """Does it in this process. Raises what `publishing` raises, LibraryBusy where another process is at it."""
    _STEPS[step](library, wait_seconds=wait_seconds, plan=plan)


def carry_out_apart(step: Step, library: Library, *, wait_seconds: float, plan: Plan) -> None:
    """Does it in a new process and returns when that has ended.

    Raises LibraryBusy where another process is at it, and PublishingFailed with what the new one said.
    """
    run_apart(__spec__.name, step, library, wait_seconds=wait_seconds, told=json.dumps(asdict(plan)))


def run_apart(module: str, step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
    """Runs a module that does what `be_apart` does. Raises as `carry_out_apart` does."""
    arguments = [step, str(library.home.absolute()), str(wait_seconds)]
    # in a session of its own: a Ctrl-C that ends the service lets a publication come to its end
    done = subprocess.run(  # noqa: S603 - a module of ours
        module_command(module, *arguments), env=module_environment(),
        input=json.dumps({"library": library.database.address, "told": told}),
        capture_output=True, text=True, errors="replace", start_new_session=True, check=False,
    )  # fmt: skip
    if done.returncode == _BUSY:
        raise LibraryBusy(library.home / FOLDER, "another process")
    if done.returncode:
        raise PublishingFailed(library.home, step, done.stderr.strip() or f"it ended with status {done.returncode}")


class Act(Protocol):
    """What the new process does."""

    def __call__(self, step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
        """`told` is what came over standard input."""
        ...


def be_apart(act: Act) -> None:
    """The new process. Its exit status and standard error say what came of it."""
    step, home, wait_seconds = sys.argv[1:]
    os.nice(_NICENESS)
    try:
        given = json.load(sys.stdin)
        with closing(Library(open_database(Path(home), given["library"]))) as library:
            act(Step(step), library, wait_seconds=float(wait_seconds), told=given["told"])
    except LibraryBusy:
        sys.exit(_BUSY)
    except (CorpusError, IndexingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_FAILED)


def _carry_out(step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
    carry_out(step, library, wait_seconds=wait_seconds, plan=plan_of(json.loads(told)))


if __name__ == "__main__":
    be_apart(_carry_out)
