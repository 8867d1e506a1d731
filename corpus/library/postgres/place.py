"""The room beside a library in PostgreSQL: a schema, which gets the library's name in one transaction."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from corpus.errors import LibraryBusy, LibraryUnavailable
from corpus.library.database import Database, translating
from corpus.library.postgres.connection import LockNotAvailable, PostgresConnection
from corpus.library.postgres.database import SCHEMA, Postgres, milliseconds, owner

_BESIDE = f"{SCHEMA}_incoming"


class PostgresPlace:
    """As `moving` needs it."""

    def __init__(self, database: Postgres) -> None:
        self.database: Database = database
        self._postgres = database
        self._holder: PostgresConnection | None = None

    @property
    def incoming(self) -> Database:
        """The library in the schema beside."""
        return self._postgres.beside(_BESIDE)

    @contextmanager
    def locked(self, *, wait_seconds: float) -> Iterator[None]:
        """Holds the writer's lock by a connection of its own, outside of transactions, which would keep old rows."""
        database = self._postgres
        with translating(database), closing(database.opened()) as connection:
            connection.execute("SELECT set_config('lock_timeout', ?, false)", (milliseconds(wait_seconds),))
            connection.execute("SET statement_timeout = 0")
            try:
                connection.execute("SELECT pg_advisory_lock(?, ?)", database.lock)
            except LockNotAvailable:
                raise LibraryBusy(database.home, owner(connection, database.lock)) from None
            self._holder = connection
            yield

    def discard(self) -> None:
        """Drops the schema."""
        with translating(self._postgres), closing(self._postgres.opened()) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {_BESIDE} CASCADE")

    def put_in_place(self, *, wait_seconds: float) -> None:
        """Drops the library that is there and names the other one after it, once nobody is reading the former.

        By the connection that holds the lock: one that was lost, and let others write meanwhile, changes nothing.
        """
        connection = self._holder
        if connection is None:
            raise LibraryUnavailable(self.database.home, "the writer's lock is not held")
        with translating(self._postgres):
            connection.execute("BEGIN")
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute("SELECT set_config('lock_timeout', ?, true)", (milliseconds(wait_seconds),))
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.execute(f"ALTER SCHEMA {_BESIDE} RENAME TO {SCHEMA}")
            connection.execute("COMMIT")
