"""A step in a process of its own, which holds up no question: what builds indexes holds Python's lock long.

The process is `python -m MODULE STEP HOME SECONDS`, with what the module is to be told as JSON over standard input, and
there as well the address of a library that is not in HOME, as it may have a password.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Protocol

from corpus.errors import CorpusError, LibraryBusy
from corpus.library.choose import open_database
from corpus.library.reading import Library
from corpus.own_process import module_command, module_environment
from indexing.errors import IndexingError, PublishingFailed
from indexing.generations.manifest import FOLDER
from indexing.generations.step import Step

_NICENESS = 10
"""Questions come first."""
_FAILED, _BUSY = 3, 4
"""Exit statuses; the second where another process is at it."""


def run_in_other_process(module: str, step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
    """Has a module that calls `be_other_process` do it in a new process, and returns when that has ended.

    `told` is what it is told. Raises LibraryBusy where another process is at it, and PublishingFailed with what the new
    one said.
    """
    arguments = [step, str(library.home.absolute()), str(wait_seconds)]
    # in a session of its own: a Ctrl-C that ends the service lets a publication come to its end
    done = subprocess.run(  # noqa: S603 - a module of ours
        module_command(module, *arguments), env=module_environment(),
        input=json.dumps({"library": library.database.address, "told": told}),
        capture_output=True, text=True, errors="replace", start_new_session=True, check=False,
    )  # fmt: skip
    if done.returncode == _BUSY:
        raise LibraryBusy(library.home / FOLDER, "it publishes indexes")
    if done.returncode:
        raise PublishingFailed(library.home, step, done.stderr.strip() or f"it ended with status {done.returncode}")


class Act(Protocol):
    """What the new process does."""

    def __call__(self, step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
        """`told` is what came over standard input."""
        ...


def be_other_process(act: Act) -> None:
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
