"""The library in a PostgreSQL database: one a database, in a schema of its own, with one writer on all machines."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from corpus.errors import LibraryBroken, LibraryBusy, LibraryError, LibraryMismatch
from corpus.library.database import WHAT_TO_DO, missing
from corpus.library.dialect import Connection, Dialect
from corpus.library.postgres.connection import (
    ERRORS,
    LockNotAvailable,
    PostgresConnection,
    load,
    opened,
    parsed,
    stream,
    translated,
)
from corpus.library.postgres.tables import TABLE_NAMES, TABLES, VERSION

SCHEMA = "byline"
_PROGRAM = 0x42794C6E
"""The first number of this program's locks."""
_SHOWN = 3
"""Tables that a message names."""
_MADE_UP = 5.0
"""Seconds to wait for another process that is making the tables."""

SYNCED = """SELECT set_config('synchronous_commit', 'on', true)
            WHERE current_setting('synchronous_commit') = 'off'"""
"""For a transaction: a server, or a role, may be set up to acknowledge what is not on its disk yet."""

POSTGRES = Dialect(
    differs="IS DISTINCT FROM",
    texts="(SELECT value FROM json_array_elements_text(?::json))",
    numbers="(SELECT value::numeric FROM json_array_elements_text(?::json))",
    last_passage_id="SELECT coalesce(max(passage_id), 0) FROM passages",
    size="""SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'""",
    unsound=(
        (
            """SELECT revision_id FROM passages p
               WHERE NOT EXISTS (SELECT 1 FROM revisions r WHERE r.revision_id = p.revision_id) LIMIT 1""",
            "revision number {} lost its text",
        ),
        (
            """SELECT revision_id FROM passages p WHERE retired_in IS NULL
               AND NOT EXISTS (SELECT 1 FROM articles a WHERE a.revision_id = p.revision_id) LIMIT 1""",
            "revision number {} is searched and no article's",
        ),
    ),
    careless=lambda connection: [
        f"PostgreSQL runs with {name} = off"
        for name in ("fsync", "full_page_writes")
        if connection.execute("SELECT current_setting(?)", (name,)).fetchone()[0] == "off"
    ],
    stream=stream,
    load=load,
    unhurried=("SET statement_timeout = 0",),
    settled=(
        # what was loaded brought its numbers along
        "SELECT setval(pg_get_serial_sequence('revisions', 'revision_id'), max(revision_id)) FROM revisions",
        *(f"ANALYZE {table}" for table in ("revisions", "articles", "passages", "vectors", "pieces")),
    ),
    damage=lambda connection: [
        f"the index {row[0]} is not whole"
        for row in connection.execute(
            """SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid
               WHERE c.relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND indisready)"""
        )
    ],
)
"""Its rows stay, so the highest passage id that is there is the highest ever given."""


class Postgres:
    """The library in the database at an address, which is a URL or key=value pairs as PostgreSQL takes them.

    Raises ValueError, without the address, for one that cannot be read.
    """

    dialect: Dialect = POSTGRES
    errors: tuple[type[Exception], ...] = ERRORS

    def __init__(self, home: Path, address: str, *, schema: str = SCHEMA) -> None:
        self.home = home
        self.address: str | None = address
        self._address = address
        self._parts = parsed(address)
        self._schema = schema
        self.name = f"PostgreSQL's {_told(self._parts)}"
        self.lock = (_PROGRAM, 1 + crc32(schema.encode()) % 2**30)
        """The numbers of what is held by whoever writes, for `pg_advisory_lock`."""
        self._seen = False

    def beside(self, schema: str) -> "Postgres":
        """What another schema of the same database has."""
        return Postgres(self.home, self._address, schema=schema)

    def opened(self) -> PostgresConnection:
        """A connection, whether there are tables or not. Raises one of ERRORS."""
        return opened(self._parts, self._schema)

    def exists(self) -> bool:
        """Whether there are tables. Not asked again once there were: statements notice if they are gone."""
        if not self._seen:
            try:
                connection = self.opened()
                try:
                    self._seen = self._has_tables(connection)
                finally:
                    connection.close()
            except ERRORS as error:
                raise self.translated(error) from error
        return self._seen

    def prepare(self) -> None:
        """No earlier version made one."""

    def create(self) -> None:
        """Makes the schema and its tables, unless another machine just did."""
        try:
            connection = self.opened()
            try:
                self.begin(connection, wait_seconds=_MADE_UP)
                if not self._has_tables(connection):
                    for statement in (f"CREATE SCHEMA IF NOT EXISTS {self._schema}", *TABLES):
                        connection.execute(statement)
                    connection.execute("INSERT INTO layout VALUES (?)", (VERSION,))
                    connection.execute(
                        "INSERT INTO meta VALUES ('commit', '0'), ('library_id', ?)", (secrets.token_hex(16),)
                    )
                    connection.execute("INSERT INTO commits VALUES (0, ?)", (secrets.token_hex(8),))
                connection.execute("COMMIT")
            finally:
                connection.close()
        except ERRORS as error:
            raise self.translated(error) from error

    def connect(self, *, write: bool) -> Connection:  # noqa: ARG002 - what may be done is the transaction's matter
        """A new connection, once it is known that the tables are of this version."""
        try:
            connection = self.opened()
            try:
                if not self._has_tables(connection):
                    raise missing(self)
                row = connection.execute("SELECT version FROM layout").fetchone()
            except BaseException:
                connection.close()
                raise
        except ERRORS as error:
            raise self.translated(error) from error
        if row is None or row[0] != VERSION:
            connection.close()
            if row is None or row[0] < VERSION:
                raise LibraryBroken(self.home, f"{self.name} does not tell its version; {WHAT_TO_DO}")
            raise LibraryMismatch(
                self.home,
                f"{self.name} was made by a newer Byline (schema {row[0]}, this one reads up to {VERSION}); "
                "update this one",
            )
        return connection

    def begin(self, connection: Connection, *, wait_seconds: float | None = None) -> None:
        """A snapshot, or a transaction that holds the lock of all machines until its end."""
        if wait_seconds is None:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.execute(SYNCED)
        connection.execute(
            "SELECT set_config('lock_timeout', ?, true), set_config('statement_timeout', '0', true)",
            (milliseconds(wait_seconds),),
        )
        try:
            connection.execute("SELECT pg_advisory_xact_lock(?, ?)", self.lock)
        except LockNotAvailable:
            connection.execute("ROLLBACK")
            raise LibraryBusy(self.home, owner(connection, self.lock)) from None
        connection.execute("SET LOCAL lock_timeout = DEFAULT")
        connection.execute("SET LOCAL statement_timeout = DEFAULT")

    def _has_tables(self, connection: PostgresConnection) -> bool:
        """Raises LibraryMismatch for a schema that has others, which nothing of ours may take for none."""
        rows = connection.execute(
            """SELECT relname FROM pg_class
               WHERE relnamespace = to_regnamespace(?) AND relkind IN ('r', 'p', 'v', 'm', 'f')""",
            (self._schema,),
        )
        found = sorted(str(row[0]) for row in rows)
        if found and TABLE_NAMES[0] not in found:
            raise LibraryMismatch(
                self.home,
                f"the schema {self._schema} of {self.name} has tables ({', '.join(found[:_SHOWN])}) and is no library: "
                "it is another program's, or damaged; have BYLINE_LIBRARY name another database",
            )
        return bool(found)

    def translated(self, error: Exception) -> LibraryError:
        """PostgreSQL's error as ours."""
        return translated(self.home, self.name, error)


def drop_library(connection: PostgresConnection, schema: str) -> None:
    """Drops a library's tables and their schema, and nothing that is another's. Raises one of ERRORS for such."""
    for table in reversed(TABLE_NAMES):
        connection.execute(f"DROP TABLE IF EXISTS {schema}.{table} RESTRICT")
    connection.execute(f"DROP SCHEMA IF EXISTS {schema} RESTRICT")


def milliseconds(seconds: float) -> str:
    """As PostgreSQL takes a time that one waits; 0 would be for ever."""
    return f"{max(1, round(seconds * 1000))}ms"


def owner(connection: Connection, lock: tuple[int, int]) -> str:
    """Who holds a lock, as far as PostgreSQL tells this user."""
    return whose(
        connection,
        """SELECT a.application_name, l.pid FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
           WHERE l.locktype = 'advisory' AND l.classid::bigint = ? AND l.objid::bigint = ? AND l.granted
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        lock,
    )


def whose(connection: Connection, query: str, values: Sequence[Any]) -> str:
    """The client that a query finds, by its name and process."""
    row = connection.execute(query, values).fetchone()
    if row is None:
        return "it has ended since"
    return f"{row[0] or 'another client'}, PostgreSQL's process {row[1]}"


def _told(parts: dict[str, Any]) -> str:
    """Database, host and port: what tells libraries apart, and nothing that is to be kept secret."""
    where = parts.get("host") or parts.get("hostaddr")
    at = f" at {where}" if where else ""
    port = f":{parts['port']}" if where and parts.get("port") else ""
    return f"database {parts.get('dbname') or parts.get('user') or 'of this user'}{at}{port}"
