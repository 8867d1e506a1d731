"""Small SQLite files beside the library, each with one table of rows that have a checksum: keys, and feedback.

They are made for this user only, and checked to be what they should be.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.durable import sync
from corpus.library.rows.checksums import row_checksum

WAIT_SECONDS = 10.0
_VERSION = 2
"""1 had no checksums."""

Row = tuple[Any, ...]
"""A row's number and its values, in the order of the columns."""
Raise = Callable[[Path, str], Exception]
"""An error of a file with its reason."""


@dataclass(frozen=True, slots=True)
class SideFile:
    """One kind of file, and what is done alike with each."""

    name: str
    table: str
    row: str
    """What a row is, for people."""
    columns: Mapping[str, str]
    """What SQLite is to hold in each; without the number in front and the checksum behind."""
    application: int
    """SQLite's `application_id`, which tells this file from others."""
    broken: Raise
    """Damaged, another program's or a newer Byline's."""
    unavailable: Raise
    """Not to be used now, as with a disk that is full; nothing was stored, and what was to be changed may be."""
    condition: str = "true"
    """Every row's, over several columns."""

    def of(self, home: Path) -> Path:
        """Where a home has it."""
        return home / self.name

    @contextmanager
    def opened(self, path: Path, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """The checked file, made first if told to. SQLite's errors, and the disk's, come as this file's own."""
        with self.translated(path):
            if make:
                make_whole(path, self._script())
            with closing(connect(path)) as database:
                self.check(database, path)
                yield database

    @contextmanager
    def translated(self, path: Path) -> Iterator[None]:
        """Has SQLite's errors, and the disk's, come as this file's own."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise self.unavailable(path, self._why_not(path, error)) from error
        except sqlite3.Error as error:
            raise self.broken(path, str(error)) from error

    def check(self, database: sqlite3.Connection, path: Path) -> None:
        """Raises `broken` for a file that is empty or not ours; brings an earlier version's up to date."""
        if not self.is_made(database, path):
            raise self.broken(path, f"it is empty; without the file there are no {self.row}s")
        if _pragma(database, "user_version") < _VERSION:
            self._upgrade(database)

    def is_made(self, database: sqlite3.Connection, path: Path) -> bool:
        """Whether the file has its table; False if it is only being made. Raises `broken` for one that is not ours."""
        application, version = _pragma(database, "application_id"), _pragma(database, "user_version")
        tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not tables and not application and not version:
            return False
        if application != self.application:
            raise self.broken(path, f"it is not a file of Byline's {self.table}; move it away")
        if version > _VERSION:
            raise self.broken(path, "it was made by a newer Byline; update this one")
        return True

    def add(self, database: sqlite3.Connection, values: Sequence[object]) -> int:
        """Stores a row, and gives its number once it is on disk."""
        marks = ", ".join("?" * (len(values) + 1))
        (number,) = database.execute(
            f"INSERT INTO {self.table} ({', '.join(self.columns)}, checksum) VALUES ({marks}) RETURNING number",  # noqa: S608 - names of our own tables
            (*values, _checksum(values)),
        ).fetchone()
        # it is on disk in the log, so a disk that fails from here on takes nothing back
        with suppress(sqlite3.OperationalError):
            settle(database)
        return int(number)

    def change(self, database: sqlite3.Connection, number: int, values: Sequence[object]) -> None:
        """Puts these values in the place of a row's, inside the caller's transaction."""
        changed = ", ".join(f"{column} = ?" for column in (*self.columns, "checksum"))
        database.execute(
            f"UPDATE {self.table} SET {changed} WHERE number = ?",  # noqa: S608 - names of our own tables
            (*values, _checksum(values), number),
        )

    def rows(
        self, database: sqlite3.Connection, path: Path, *, where: str = "true", values: Sequence[object] = ()
    ) -> Iterator[Row]:
        """All that meet a condition, oldest first. Raises `broken` at one that is damaged."""
        found = database.execute(f"SELECT * FROM {self.table} WHERE {where} ORDER BY number", values)  # noqa: S608 - names of our own tables
        for *row, checksum in found:
            if _checksum(row[1:]) != checksum:
                raise self.broken(path, f"the row of {self.row} number {row[0]} is damaged")
            yield tuple(row)

    def damage(self, home: Path) -> list[str]:
        """What SQLite's own check finds; empty where the file is sound or there is none.

        Raises `broken` or `unavailable` for one that cannot be read at all.
        """
        path = self.of(home)
        with self.translated(path):
            if not path.exists():
                return []
            with self.opened(path) as database:
                found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def _script(self) -> str:
        columns = ", ".join(f"{name} {held}" for name, held in self.columns.items())
        return (
            f"CREATE TABLE {self.table} (number INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, "
            f"checksum INTEGER NOT NULL, CHECK ({self.condition})) STRICT;"
            f"PRAGMA application_id = {self.application}; PRAGMA user_version = {_VERSION};"
        )

    def _upgrade(self, database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")
        # another process may have been faster
        if _pragma(database, "user_version") < _VERSION:
            database.execute(f"ALTER TABLE {self.table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
            rows = database.execute(f"SELECT number, {', '.join(self.columns)} FROM {self.table}").fetchall()  # noqa: S608 - names of our own tables
            for number, *values in rows:
                self.change(database, number, values)
            database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")

    def _why_not(self, path: Path, error: Exception) -> str:
        """Why a file cannot be used, also where SQLite does not tell."""
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            return f"this user may not read and write it; run `byline {self.table}` as the user of the service"
        return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def made_aside(path: Path) -> Iterator[Path]:
    """An empty file on the same disk that only its owner may read, for what is then given the name; else it goes.

    SQLite gives its files beside it the same mode.
    """
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.new-", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for file in (Path(name), *files_beside(Path(name))):
            file.unlink(missing_ok=True)


def make_whole(path: Path, script: str) -> None:
    """A file that only its owner may read, made by these statements, if there is none; never one without them."""
    if path.exists():
        return
    with made_aside(path) as new:
        with closing(connect(new)) as database:
            database.executescript(script)
            # last: what stands in a log gets into the file as the connection closes, which tells of no error
            database.execute("PRAGMA journal_mode = WAL")
        # another process may have been faster, whose file is not to be lost
        with suppress(FileExistsError):
            path.hardlink_to(new)
        sync(path.parent)


def connect(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    """A connection to a file that is there; each statement is a transaction unless one is begun.

    What is committed has reached the disk.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    database = sqlite3.connect(uri, uri=True, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA synchronous = FULL")
    return database


def open_to_others(path: Path) -> list[Path]:
    """Of a file and SQLite's files beside it those that others than its owner may read or write."""
    files = (path, *files_beside(path))
    return [file for file in files if file.is_file() and file.stat().st_mode & 0o077]


def files_beside(path: Path) -> list[Path]:
    """Those that SQLite may keep beside a file, there or not: without it they are nobody's, and would be another's."""
    return [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]


def settle(database: sqlite3.Connection) -> None:
    """Moves what was committed into the file itself, and empties its log.

    SQLite takes a damaged log for one that ends there, and so would bring a revoked key back. A reader that is in the
    middle of it for long leaves the log as it is.
    """
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _checksum(values: Sequence[Any]) -> int:
    return row_checksum([value.hex() if isinstance(value, bytes) else value for value in values])
