"""The room beside a library in PostgreSQL: a schema, which gets the library's name in one transaction."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from corpus.errors import LibraryBusy, LibraryUnavailable
from corpus.library.database import Database, translating
from corpus.library.postgres.connection import LockNotAvailable, PostgresConnection, TimedOut
from corpus.library.postgres.database import SCHEMA, SYNCED, Postgres, drop_library, milliseconds, owner, whose

_BESIDE = f"{SCHEMA}_incoming"
_HELD_UP, _PAUSE = 0.5, 0.5
"""Seconds for which new readers wait behind one that is under way, and then those for which they do not."""
_TABLES = """SELECT string_agg(format('%I.%I', ?::text, relname), ', ') FROM pg_class
             WHERE relnamespace = to_regnamespace(?) AND relkind = 'r'"""
_USER = """SELECT a.application_name, l.pid FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
           WHERE l.relation IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace(?))
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND l.granted AND l.pid <> pg_backend_pid() LIMIT 1"""


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
        """Drops the schema. Raises LibraryMismatch, too, where it has what is another's."""
        with translating(self._postgres), closing(self._postgres.opened()) as connection:
            connection.execute("BEGIN")
            drop_library(connection, _BESIDE)
            connection.execute("COMMIT")

    def put_in_place(self, *, wait_seconds: float) -> None:
        """Drops the library that is there and names the other one after it, once nobody is reading the former.

        Who begins to read meanwhile is held up for half a second at most. By the connection that holds the lock: one
        that was lost, and let others write meanwhile, changes nothing.
        """
        connection = self._holder
        if connection is None:
            raise LibraryUnavailable(self.database.home, "the writer's lock is not held")
        with translating(self._postgres):
            connection.execute("BEGIN")
            try:
                connection.execute(SYNCED)
                connection.execute("SELECT set_config('lock_timeout', ?, true)", (milliseconds(wait_seconds),))
                _wait_for_readers(connection, wait_seconds=wait_seconds)
                drop_library(connection, SCHEMA)
                connection.execute(f"ALTER SCHEMA {_BESIDE} RENAME TO {SCHEMA}")
                connection.execute("COMMIT")
            except (LockNotAvailable, TimedOut):
                connection.execute("ROLLBACK")
                raise LibraryBusy(self.database.home, whose(connection, _USER, (SCHEMA,)), doing="reading") from None


def _wait_for_readers(connection: PostgresConnection, *, wait_seconds: float) -> None:
    """Takes every table for itself, all or none. Raises LockNotAvailable or TimedOut."""
    tables = connection.execute(_TABLES, (SCHEMA, SCHEMA)).fetchone()[0]
    if tables is None:
        return
    deadline = time.monotonic() + wait_seconds
    # readers do not mind; PostgreSQL's own vacuum makes way for it, as it does after a second, and stays away
    connection.execute(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE")
    while True:
        connection.execute("SAVEPOINT shared")
        # of the whole statement, which takes one table after the other. It ends before PostgreSQL looks for deadlocks,
        # after a second, and would fail the reader that holds one table and waits for another
        connection.execute("SELECT set_config('statement_timeout', ?, true)", (milliseconds(_HELD_UP),))
        try:
            connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        except TimedOut:
            if time.monotonic() >= deadline:
                raise
        else:
            connection.execute("SET LOCAL statement_timeout = 0")
            return
        connection.execute("ROLLBACK TO SAVEPOINT shared")
        time.sleep(_PAUSE)
