"""The file of feedback: adding to it and reading it back. It lies beside the library and shares nothing with it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_APPLICATION = 0x42594642
"""`BYFB`: tells this file from other SQLite files."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    received TEXT NOT NULL,
    entry    TEXT NOT NULL
) STRICT
"""
_WAIT_SECONDS = 10.0


class FeedbackError(Exception):
    """Base of all errors of the feedback."""


class FeedbackBroken(FeedbackError):
    """The file is damaged, another program's or a newer Byline's."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the feedback in {path} cannot be read: {reason}")


class FeedbackUnavailable(FeedbackError):
    """The disk is full, read-only or fails, or another process writes for long; nothing was stored."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the feedback in {path} cannot be used now: {reason}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one reader said."""

    number: int
    received: datetime
    json: str
    """As it was sent."""


def feedback_file(home: Path) -> Path:
    """Where the feedback of a home is."""
    return home / "feedback.sqlite3"


def add_feedback(home: Path, json: str) -> int:
    """Stores an entry, and gives its number once it is on disk. Raises FeedbackBroken or FeedbackUnavailable."""
    path = feedback_file(home)
    with _translated(path):
        # what readers ask is for the service's own user only; SQLite gives its files beside it the same mode
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return _added(path, json)


def _added(path: Path, json: str) -> int:
    with closing(_connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        if not _check(database, path):
            database.execute(_SCHEMA)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
        received = datetime.now(UTC).isoformat(timespec="seconds")
        row = database.execute(
            "INSERT INTO feedback (received, entry) VALUES (?, ?) RETURNING number", (received, json)
        ).fetchone()
        database.execute("COMMIT")
    return int(row[0])


def read_feedback(home: Path) -> Iterator[Entry]:
    """All entries, oldest first. Raises FeedbackBroken or FeedbackUnavailable."""
    path = feedback_file(home)
    if not path.exists():
        return
    with _translated(path), closing(_connect(path)) as database:
        if _check(database, path):
            for number, received, json in database.execute("SELECT * FROM feedback ORDER BY number"):
                yield Entry(number, datetime.fromisoformat(received), json)


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    database = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    # what was acknowledged has reached the disk
    database.execute("PRAGMA synchronous = FULL")
    return database


def _check(database: sqlite3.Connection, path: Path) -> bool:
    """Whether there is a table. Raises FeedbackBroken for a file that is not ours."""
    application, version = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables and not application and not version:
        return False
    if application != _APPLICATION:
        raise FeedbackBroken(path, "it is not a file of Byline's feedback")
    if version != _VERSION:
        raise FeedbackBroken(path, "it was made by a newer Byline")
    return True


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise FeedbackUnavailable(path, str(error)) from error
    except sqlite3.Error as error:
        raise FeedbackBroken(path, str(error)) from error
