"""The file of feedback: adding to it and reading it back. It lies beside the library and shares nothing with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from corpus.library.checksums import row_checksum
from service.side_file import NotOurs, connect, damage, has_tables, make_whole, settle

_APPLICATION = 0x42594642
"""`BYFB`: tells this file from other SQLite files."""
_VERSION = 2
"""1 had no checksums."""
_SCHEMA = f"""
CREATE TABLE feedback (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    received TEXT NOT NULL,
    entry    TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
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
        make_whole(path, _SCHEMA)
        with closing(connect(path)) as database:
            _check(database, path)
            received = datetime.now(UTC).isoformat(timespec="seconds")
            row = database.execute(
                "INSERT INTO feedback (received, entry, checksum) VALUES (?, ?, ?) RETURNING number",
                (received, json, row_checksum((received, json))),
            ).fetchone()
            settle(database)
    return int(row[0])


def read_feedback(home: Path) -> Iterator[Entry]:
    """All entries, oldest first. Raises FeedbackBroken or FeedbackUnavailable."""
    path = feedback_file(home)
    if not path.exists():
        return
    with translated(path), closing(connect(path)) as database:
        _check(database, path)
        for number, received, json, checksum in database.execute("SELECT * FROM feedback ORDER BY number"):
            if row_checksum((received, json)) != checksum:
                raise FeedbackBroken(path, f"the row of entry number {number} is damaged")
            yield Entry(number, datetime.fromisoformat(received), json)


def feedback_damage(home: Path) -> list[str]:
    """What is wrong with the file as such; empty where it is sound or there is none.

    Raises FeedbackBroken or FeedbackUnavailable for one that cannot be read at all.
    """
    path = feedback_file(home)
    with translated(path):
        if not path.exists():
            return []
        with closing(connect(path)) as database:
            _check(database, path)
            return damage(database)


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Raises FeedbackBroken for an empty file; brings an older version's up to date."""
    if not is_made(database):
        raise FeedbackBroken(path, "it is empty; without the file there is no feedback")
    if database.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
        _upgrade(database)


def _upgrade(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    # another process may have been faster
    if database.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
        database.execute("ALTER TABLE feedback ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
        for number, *row in database.execute("SELECT number, received, entry FROM feedback").fetchall():
            database.execute("UPDATE feedback SET checksum = ? WHERE number = ?", (row_checksum(row), number))
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


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
    except (sqlite3.Error, NotOurs, ValueError) as error:
        raise FeedbackBroken(path, str(error)) from error
