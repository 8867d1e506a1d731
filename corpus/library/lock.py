"""Locks between processes: one holder at a time, and the lock file names it."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.durable import make_folder
from corpus.errors import LibraryBusy, LibraryUnavailable
from corpus.library.folder import unusable

WRITER = "writer.lock"
"""Held while a change is written to the library."""
_POLL_SECONDS = 0.02


@contextmanager
def exclusive(folder: Path, name: str, *, wait_seconds: float) -> Iterator[None]:
    """Holds the lock file `name` in `folder`, which is made if it is missing.

    The kernel drops the lock when the process ends, however it ends, so none is ever left behind.
    Raises LibraryBusy, naming the owner, when it is not free within `wait_seconds`, LibraryUnavailable when the folder
    cannot be written to.
    """
    try:
        make_folder(folder)
        handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LibraryBusy(folder, _owner(handle)) from None
                time.sleep(_POLL_SECONDS)
        _name_owner(folder, handle)
        yield
    finally:
        os.close(handle)


def seconds_until(deadline: float) -> float:
    """What is left for a second lock of the time that one has for both."""
    return max(0.0, deadline - time.monotonic())


def _name_owner(folder: Path, handle: int) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "command": Path(sys.argv[0]).name}).encode(), 0)
    except OSError as error:
        raise LibraryUnavailable(folder, f"cannot write here: {error.strerror}") from error


def _owner(handle: int) -> str:
    try:
        named = json.loads(os.pread(handle, 1000, 0))
        return f"{named['command']} (process {named['pid']})"
    except (ValueError, KeyError, TypeError):
        return "it has not named itself yet"
