"""A system in a process of its own, spoken to in lines of JSON, and the memory that a process takes."""

import json
import os
import re
import selectors
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TextIO

from eval.bench.errors import SystemFailed
from eval.bench.systems import ADAPTERS, System

SPEAK = ADAPTERS / "speak.py"
_MANY = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class Talk:
    """A conversation with one process; every mistake of it is a SystemFailed."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", *, errors: TextIO) -> None:
        self._name = name
        self._process = process
        self._errors = errors

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def __call__(self, do: str, *, within: float, **given: object) -> dict[str, Any]:
        """What the process replies to one command in so many seconds."""
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemFailed(self._name, "it has no pipes")
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
            self._process.stdin.flush()
        if not _readable(self._process.stdout, within):
            raise SystemFailed(self._name, f"{do} took longer than {within:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise SystemFailed(self._name, f"ended with status {status} at {do}{self._said()}")
        try:
            reply: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise SystemFailed(self._name, f"{do}: it said {line.strip()[:100]!r}") from error
        if "error" in reply:
            raise SystemFailed(self._name, f"{do}: {reply['error']}")
        return reply

    def _said(self) -> str:
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return f": {lines[-1]}" if lines else ""


@contextmanager
def talking(
    system: System, *, python: Path, model: Path, threads: int, errors: TextIO, speak: Path = SPEAK
) -> Iterator[Talk]:
    """A process with the system's adapter, ended with the block; `errors` takes what it says beside the protocol."""
    command = [str(python), str(speak), str(system.adapter), str(model), str(threads)]
    with subprocess.Popen(  # noqa: S603 - a Python of ours with a script of ours
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment(system, threads=threads),
    ) as process:
        try:
            yield Talk(system.name, process, errors=errors)
        finally:
            process.kill()


def environment(system: System, *, threads: int, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a system's process gets: no network, and as many threads as every other system may use.

    Byline decides by itself which of its libraries use them.
    """
    ours = system.pinned is None
    dropped = set(_MANY) | (set() if ours else {"PYTHONPATH"})
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    limits = {"BYLINE_THREADS": str(threads)} if ours else dict.fromkeys(_MANY, str(threads))
    quiet = {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TOKENIZERS_PARALLELISM": "true", "DO_NOT_TRACK": "1"}
    return {**kept, **quiet, "HAYSTACK_TELEMETRY_ENABLED": "False", **limits, **(more or {})}


def memory_mb(pid: int, *, peak: bool = False) -> float:
    """Resident memory of a process and all that it started, now or at its peak. Raises OSError when it has ended."""
    field = "VmHWM" if peak else "VmRSS"
    total = 0.0
    for one in _family(pid):
        found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{one}/status").read_text())
        total += int(found[1]) * 1024 / 1e6 if found else 0.0
    return total


def folder_mb(folder: Path) -> float:
    """Disk that the files of a folder take."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _family(pid: int) -> Sequence[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [pid, *(one for child in below for one in _family(child))]


def _readable(stream: IO[str], within: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(within))
