"""The file of feedback: adding to it and reading it back. It lies beside the library and shares nothing with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.side_file import NotOurs, connect, has_tables, make_private, settle

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
    with translated(path):
        # what readers ask is for the service's own user only
        make_private(path)
        return _added(path, json)


def _added(path: Path, json: str) -> int:
    with closing(connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        if not is_made(database):
            database.execute(_SCHEMA)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
        received = datetime.now(UTC).isoformat(timespec="seconds")
        row = database.execute(
            "INSERT INTO feedback (received, entry) VALUES (?, ?) RETURNING number", (received, json)
        ).fetchone()
        database.execute("COMMIT")
        settle(database)
    return int(row[0])


def read_feedback(home: Path) -> Iterator[Entry]:
    """All entries, oldest first. Raises FeedbackBroken or FeedbackUnavailable."""
    path = feedback_file(home)
    if not path.exists():
        return
    with translated(path), closing(connect(path)) as database:
        if not is_made(database):
            raise FeedbackBroken(path, "it is empty")
        for number, received, json in database.execute("SELECT * FROM feedback ORDER BY number"):
            yield Entry(number, datetime.fromisoformat(received), json)


def is_made(database: sqlite3.Connection) -> bool:
    """Whether the file has its tables; False if it is only being made. Raises NotOurs."""
    return has_tables(database, application=_APPLICATION, version=_VERSION, what="feedback")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors, and the disk's, as those of this file."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise FeedbackUnavailable(path, str(error)) from error
    except (sqlite3.Error, NotOurs) as error:
        raise FeedbackBroken(path, str(error)) from error
