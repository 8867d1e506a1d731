"""One virtual environment for each peer in the cache, made from its pinned versions and kept until those change."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.bench.errors import SystemFailed
from eval.bench.systems import System

_COMPLETE = ".complete"
_TAIL = 600
"""Characters of pip's output that are told."""

Tell = Callable[[str], None]
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]
"""Runs a command and keeps what it prints."""


def run_kept(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """In the environment of this process, but for PYTHONPATH, which the peer's Python would heed, too."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - venv, pip


def python_of(
    system: System,
    *,
    cache: Path,
    pip_flags: Sequence[str] = (),
    tell: Tell = lambda _: None,
    run: Run = run_kept,
) -> Path:
    """The Python that has the system's library: ours for Byline, else one of an environment, which is made if need be.

    Raises SystemFailed when pip cannot install the versions; what it did is removed.
    """
    if system.pinned is None:
        return Path(sys.executable)
    folder = cache / "bench" / "peers" / system.name / fingerprint(system.pinned)
    python = folder / "bin" / "python"
    if (folder / _COMPLETE).exists():
        return python
    # also those of other versions: each takes up a gigabyte or more
    shutil.rmtree(folder.parent, ignore_errors=True)
    tell(f"Installing {system.name} into {folder} ...")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pip_flags]
    try:
        for command in ([sys.executable, "-m", "venv", str(folder)], [*pip, "--requirement", str(system.pinned)]):
            _done(system.name, run, command)
    except SystemFailed:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / _COMPLETE).touch()
    return python


def fingerprint(pinned: Path) -> str:
    """Of the versions and of the Python that they are installed for."""
    return hashlib.sha256(pinned.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _done(name: str, run: Run, command: Sequence[str]) -> None:
    try:
        done = run(command)
    except OSError as error:
        raise SystemFailed(name, f"cannot be installed: {error}") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-_TAIL:]
        raise SystemFailed(name, f"cannot be installed: {said}")
