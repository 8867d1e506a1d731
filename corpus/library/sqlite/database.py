"""A library in a file of SQLite."""

from pathlib import Path

from corpus.durable import make_folder
from corpus.errors import LibraryError
from corpus.library.database import Database
from corpus.library.dialect import Connection, Dialect
from corpus.library.folder import unusable
from corpus.library.sqlite import schema
from corpus.library.sqlite.dialect import SQLITE
from corpus.library.sqlite.upgrading import bring_up_to_date, upgrade


class Sqlite:
    """The library.sqlite3 in a folder."""

    name: str = schema.FILE_NAME
    address: str | None = None
    dialect: Dialect = SQLITE
    errors: tuple[type[Exception], ...] = schema.SQLITE_ERRORS

    def __init__(self, home: Path) -> None:
        self.home = home

    def prepare(self) -> None:
        """As `upgrading` says."""
        bring_up_to_date(self.home)

    def exists(self) -> bool:
        """Whether there is a file with tables."""
        return schema.exists(self.home)

    def create(self) -> None:
        """Makes the folder and the file."""
        try:
            make_folder(self.home)
        except OSError as error:
            raise unusable(self.home, error) from error
        schema.create(self.home)

    def connect(self, *, write: bool) -> Connection:
        """Opens the file."""
        return schema.connect(self.home, write=write)

    def begin(self, connection: Connection, *, wait_seconds: float | None = None) -> None:
        """Nobody is waited for: the lock file was."""
        if wait_seconds is None:
            connection.execute("BEGIN")
            return
        upgrade(connection)
        connection.execute("BEGIN IMMEDIATE")

    def translated(self, error: Exception) -> LibraryError:
        """As `schema` says."""
        return schema.translated(self.home, error)


def as_database(where: Path | Database) -> Database:
    """The database that is meant, which by a folder is SQLite's in it."""
    return Sqlite(where) if isinstance(where, Path) else where
