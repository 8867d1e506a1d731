"""A folder that cannot be used, told as what it is and what to do about it."""

import os
from pathlib import Path

from corpus.errors import LibraryUnavailable

_NO_FOLDER = "it is no folder"


def unusable(folder: Path, error: OSError) -> LibraryUnavailable:
    """The error of a folder that is to be made or written into."""
    return LibraryUnavailable(folder, _NO_FOLDER if _is_other(folder) else f"cannot write here: {error.strerror}")


def check_home(home: Path) -> None:
    """Raises LibraryUnavailable where something else than a folder is; one that is missing may be made."""
    if _is_other(home):
        raise LibraryUnavailable(home, f"{_NO_FOLDER}, as a library has to be; name one with BYLINE_HOME or --home")


def read_only(folder: Path, file: Path) -> LibraryUnavailable | None:
    """The error of a database that this user may only read, which SQLite cannot do; None where that is not so."""
    if os.access(folder, os.W_OK) and (os.access(file, os.W_OK) or not file.exists()):
        return None
    what = "this folder" if not os.access(folder, os.W_OK) else file.name
    reason = f"{what} is read-only to this user, and reading a library takes notes beside it"
    return LibraryUnavailable(folder, f"{reason}; make it writable, or copy the folder and name the copy")


def _is_other(folder: Path) -> bool:
    try:
        return folder.exists() and not folder.is_dir()
    except OSError:
        # what is above it cannot be looked into, which whoever tries to use it is told
        return False
