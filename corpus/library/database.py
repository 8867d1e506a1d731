"""Where a library is kept: what SQLite and PostgreSQL each bring, so that reading and writing are written once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from corpus.errors import LibraryError, LibraryMissing
from corpus.library.dialect import Connection, Dialect

WHAT_TO_DO = "`byline doctor` tells what else is damaged, and `byline restore` puts a backup in its place"
"""Where one is damaged."""


class Database(Protocol):
    """One library's database, whether there is one yet or not."""

    home: Path
    """This machine's folder: of the writer's lock, the mark and the indexes, and of SQLite's file."""
    name: str
    """What messages call it. Without a password."""
    address: str | None
    """What another process needs besides `home`, password and all; None for SQLite."""
    dialect: Dialect
    errors: tuple[type[Exception], ...]
    """What its module raises, and RowDamaged."""

    def exists(self) -> bool:
        """Whether a library was made. Raises a LibraryError."""
        ...

    def prepare(self) -> None:
        """Brings a library that an earlier version made up to date. Raises a LibraryError."""
        ...

    def create(self) -> None:
        """Makes an empty library without an identity. Call with the writer's lock held and none there."""
        ...

    def connect(self, *, write: bool) -> Connection:
        """A connection to the library, checked to be of this version. Raises a LibraryError."""
        ...

    def begin(self, connection: Connection, *, wait_seconds: float | None = None) -> None:
        """Begins a transaction: one that reads the library as it stands, or, given how long to wait for others, writes.

        Raises LibraryBusy, or one of `errors`.
        """
        ...

    def translated(self, error: Exception) -> LibraryError:
        """One of `errors` as ours."""
        ...


def missing(database: Database) -> LibraryMissing:
    """The error where there is no library."""
    return LibraryMissing(database.home, None if database.address is None else database.name)


@contextmanager
def translating(database: Database) -> Iterator[None]:
    """Raises ours in the place of the database's own errors."""
    try:
        yield
    except database.errors as error:
        raise database.translated(error) from error
