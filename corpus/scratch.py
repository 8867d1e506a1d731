"""Where a run keeps what would grow in memory with its input: a private database that is gone when it ends."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from corpus.errors import ScratchUnavailable


class Scratch:
    """An empty database with these tables, held in memory up to a few MB and beyond that in a temporary file.

    Raises ScratchUnavailable, at any call, when there is no room for that.
    """

    def __init__(self, tables: str) -> None:
        # check_same_thread: a generator that holds one may be closed by whichever thread collects garbage
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # nobody else sees it and nobody misses it
        for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.executescript(tables)

    def rows(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """What a question finds, row by row."""
        try:
            # one by one: given up, `yield from` closes the cursor, which fails once the database is closed
            for row in self._db.execute(statement, values):  # noqa: UP028 - as said
                yield row
        except sqlite3.OperationalError as error:
            raise ScratchUnavailable(str(error)) from error

    def first(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first row that a question finds."""
        return next(self.rows(statement, *values), None)

    def change(self, statement: str, *values: object) -> int:
        """Changes something, and gives the number of the row inserted last."""
        try:
            return self._db.execute(statement, values).lastrowid or 0
        except sqlite3.OperationalError as error:
            raise ScratchUnavailable(str(error)) from error

    def close(self) -> None:
        """Frees the disk."""
        self._db.close()


def as_bytes(text: str) -> bytes:
    """Any string as SQLite can hold it, also a path that is not UTF-8; bytes are ordered as the strings are."""
    return text.encode("utf-8", "surrogatepass")


def as_text(held: bytes) -> str:
    """The string again."""
    return held.decode("utf-8", "surrogatepass")
