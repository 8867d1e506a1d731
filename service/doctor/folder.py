"""The folder: that it can be written, and that its disk has room for the indexes to be made anew."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from service.doctor.finding import Finding


def _free(home: Path) -> int:
    return shutil.disk_usage(home).free


def examine_folder(home: Path, *, free: Callable[[Path], int] = _free) -> Iterator[Finding]:
    """Every check; none where there is no folder yet. `free` gives the bytes that may be written to its disk."""
    if not home.is_dir():
        return
    denied = () if os.access(home, os.W_OK | os.X_OK) else (f"this user may not write {home}",)
    remedy = "run this as the user that the service runs as, or give that user the folder"
    yield Finding(
        "the folder can be written", promise=None, checked=1, unit=f"folder ({home})", problems=denied, remedy=remedy
    )
    # what is made anew is published, by a rename, before the former generation is deleted
    needed, room = _size(home / "indexes"), free(home)
    problems = () if room >= needed else (f"{_mb(room)} are free, and the indexes made anew take {_mb(needed)}",)
    unit = f"disk ({_mb(room)} free)"
    yield Finding(
        "the disk has room for the indexes made anew",
        promise=None,
        checked=1,
        unit=unit,
        problems=problems,
        remedy="free some, or move the home",
    )


def _size(folder: Path) -> int:
    """Bytes of the files below; generations share files by hard links, and each counts once."""
    found = dict[int, int]()
    for file in folder.rglob("*"):
        # one that is gone by now is of a generation that another has just taken the place of
        with suppress(FileNotFoundError):
            state = file.lstat()
            found[state.st_ino] = state.st_size
    return sum(found.values())


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
