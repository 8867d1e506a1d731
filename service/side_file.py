"""Small SQLite files beside the library: made for this user only, and checked to be what they should be."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

WAIT_SECONDS = 10.0


class NotOurs(Exception):
    """A file is another program's, or was made by a newer Byline."""


def make_private(path: Path) -> None:
    """An empty file that only its owner may read, if there is none; SQLite gives its files beside it the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


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
    if found[1] != version:
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
