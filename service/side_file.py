"""Small SQLite files beside the library: made for this user only, and checked to be what they should be."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from indexing.durable import sync

WAIT_SECONDS = 10.0


class NotOurs(Exception):
    """A file is another program's, or was made by a newer Byline."""


def make_private(path: Path) -> None:
    """An empty file that only its owner may read, if there is none; SQLite gives its files beside it the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def make_whole(path: Path, script: str) -> None:
    """A file that only its owner may read, made by these statements, if there is none; never one without them."""
    if path.exists():
        return
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.new-", dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        with closing(connect(new)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(script)
        # another process may have been faster, whose file is not to be lost
        with suppress(FileExistsError):
            path.hardlink_to(new)
        sync(path.parent)
    finally:
        new.unlink(missing_ok=True)


def connect(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    """A connection to a file that is there; each statement is a transaction unless one is begun.

    What is committed has reached the disk.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    database = sqlite3.connect(uri, uri=True, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA synchronous = FULL")
    return database


def has_tables(database: sqlite3.Connection, *, application: int, version: int, what: str) -> bool:
    """Whether the file of `what` has its tables; False if it is only being made. Raises NotOurs."""
    found = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables and not any(found):
        return False
    if found[0] != application:
        raise NotOurs(f"it is not a file of Byline's {what}")
    if found[1] > version:
        raise NotOurs("it was made by a newer Byline")
    return True


def damage(database: sqlite3.Connection) -> list[str]:
    """What SQLite's own check finds; empty where the file is sound."""
    found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(20)")]
    return [] if found == ["ok"] else found


def open_to_others(path: Path) -> list[Path]:
    """Of a file and SQLite's files beside it those that others than its owner may read or write."""
    files = (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")))
    return [file for file in files if file.is_file() and file.stat().st_mode & 0o077]


def settle(database: sqlite3.Connection) -> None:
    """Moves what was committed into the file itself, and empties its log.

    SQLite takes a damaged log for one that ends there, and so would bring a revoked key back. A reader that is in the
    middle of it for long leaves the log as it is.
    """
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
