"""`python -m tests.resilience.faults [WORD...]`: puts each fault into a copy of the tree and has the tests find it.

With words, only the faults whose names have one of them. Prints which test found each; the exit status is 1 where one
was found by none.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.resilience.seeded import FAULTS, Fault
from tests.resilience.workers import ROOT

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "dist", "*.egg-info")
_FAILED = 1
"""pytest's status when tests failed; others say that it could not run them, which finds nothing."""


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """A folder with everything but what is made."""
    with tempfile.TemporaryDirectory(prefix="byline-faults-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=_NOT_COPIED)
        yield tree


def found_by(fault: Fault, tree: Path) -> str | None:
    """The test that fails with this fault in the tree; None if all of them pass. Raises RuntimeError if none runs."""
    file = tree / fault.file
    sound = file.read_text(encoding="utf-8")
    file.write_text(fault.applied(sound), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *fault.tests],
            cwd=tree, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        file.write_text(sound, encoding="utf-8")
    if done.returncode == 0:
        return None
    test = re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode != _FAILED or test is None:
        raise RuntimeError(f"{fault.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return test[1]


def main() -> None:
    """Prints a line for each fault."""
    words = sys.argv[1:]
    chosen = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    missed = 0
    sys.stdout.write("| fault | file | found by |\n|---|---|---|\n")
    with copy_of_the_tree() as tree:
        for fault in chosen:
            test = found_by(fault, tree)
            missed += test is None
            sys.stdout.write(f"| {fault.name} | `{fault.file}` | {f'`{test}`' if test else '**nothing**'} |\n")
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen) - missed} of {len(chosen)} faults were found\n")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
