"""The library that is preloaded to number, record and refuse what a process changes in a folder: `recorder.c`."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from corpus.own_process import module_environment

_SOURCE = Path(__file__).with_name("recorder.c")
KILL = -1
"""In place of an errno: the process ends in front of the change."""


def why_not() -> str | None:
    """Why nothing can be recorded on this machine; None if it can."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return "what is preloaded is written for Linux on x86-64"
    return None if shutil.which("cc") else "needs a C compiler called cc (Debian: gcc and libc6-dev)"


def built(folder: Path) -> Path:
    """The compiled library in this folder."""
    library = folder / "recorder.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return library


def environment(library: Path) -> dict[str, str]:
    """What a process needs to have it preloaded; FAISS gets one thread, so that the process may fork."""
    return {**module_environment(), "LD_PRELOAD": str(library), "OMP_NUM_THREADS": "1"}


class Recorder:
    """The preloaded library as the process that has it steers it."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        self._library.recorder_count.restype = ctypes.c_long
        self._library.recorder_stopped.restype = ctypes.c_long

    def watch(self, folder: Path, *, log: Path | None = None) -> None:
        """Numbers the changes in this folder from 1, and records them."""
        self._library.recorder_watch(str(folder).encode(), None if log is None else str(log).encode())

    def rest(self) -> None:
        """Watches nothing any more."""
        self._library.recorder_watch(None, None)

    def stop(self, at: int, *, error: int) -> None:
        """Has the change of this number fail with the error, once, or KILL."""
        self._library.recorder_stop(ctypes.c_long(at), error)

    @property
    def count(self) -> int:
        """Changes so far, the refused one included."""
        return int(self._library.recorder_count())

    @property
    def refused(self) -> bool:
        """Whether the change that was to fail was reached."""
        return bool(self._library.recorder_stopped())
