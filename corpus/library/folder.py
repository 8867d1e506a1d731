"""A folder that cannot be used, told as what it is and what to do about it."""

import os
from pathlib import Path

from corpus.errors import LibraryUnavailable


def unusable(folder: Path, error: OSError) -> LibraryUnavailable:
    """The error of a folder that is to be made or written into."""
    return _no_folder(folder) or LibraryUnavailable(folder, f"cannot write here: {error.strerror}")


def check_folder(folder: Path) -> None:
    """Raises LibraryUnavailable where something else than a folder is; one that is missing may be made."""
    wrong = _no_folder(folder)
    if wrong is not None:
        raise wrong


def read_only(folder: Path, file: Path) -> LibraryUnavailable | None:
    """The error of a database that this user may only read, which SQLite cannot do; None where that is not so."""
    if os.access(folder, os.W_OK) and (os.access(file, os.W_OK) or not file.exists()):
        return None
    what = "this folder" if not os.access(folder, os.W_OK) else file.name
    reason = f"{what} is read-only to this user, and reading a library takes notes beside it"
    return LibraryUnavailable(folder, f"{reason}; make it writable, or copy the folder and name the copy")


def _no_folder(folder: Path) -> LibraryUnavailable | None:
    try:
        fits = folder.is_dir() or not folder.exists()
    except OSError:
        # what is above it cannot be looked into, which whoever tries to use it is told
        return None
    if fits:
        return None
    return LibraryUnavailable(folder, "it is no folder, as a library has to be; name one with BYLINE_HOME or --home")
