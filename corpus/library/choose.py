"""Which database a library is in."""

from pathlib import Path

from corpus.library.database import Database
from corpus.library.moving.move import Place
from corpus.library.sqlite.database import Sqlite
from corpus.library.sqlite.place import SqlitePlace


def open_database(home: Path, address: str | None) -> Database:
    """PostgreSQL's at the address, or SQLite's file in the folder.

    Raises ValueError, without the address, for one that cannot be read, ModuleNotFoundError without psycopg.
    """
    if address is None:
        return Sqlite(home)
    # an extra, which most libraries do without
    from corpus.library.postgres.database import Postgres  # noqa: PLC0415

    return Postgres(home, address)


def place_of(database: Database) -> Place:
    """A database with the room beside it, which moving needs. Raises TypeError for one that has none."""
    if isinstance(database, Sqlite):
        return SqlitePlace(database.home)
    from corpus.library.postgres.database import Postgres  # noqa: PLC0415 - as above
    from corpus.library.postgres.place import PostgresPlace  # noqa: PLC0415

    if not isinstance(database, Postgres):
        raise TypeError(f"nothing can be moved into {database.name}")
    return PostgresPlace(database)
