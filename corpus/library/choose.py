"""Which database a library is in."""

from pathlib import Path

from corpus.library.database import Database
from corpus.library.sqlite import Sqlite


def open_database(home: Path, address: str | None) -> Database:
    """PostgreSQL's at the address, or SQLite's file in the folder.

    Raises ValueError, without the address, for one that cannot be read, ModuleNotFoundError without psycopg.
    """
    if address is None:
        return Sqlite(home)
    # an extra, which most libraries do without
    from corpus.library.postgres.database import Postgres  # noqa: PLC0415

    return Postgres(home, address)
