"""Speaking to PostgreSQL: psycopg's connections in the manner of sqlite3's, and what its errors mean."""

import os
import re
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from corpus.errors import LibraryBroken, LibraryError, LibraryMismatch, LibraryUnavailable
from corpus.library.database import WHAT_TO_DO
from corpus.library.dialect import Connection, Row, Rows
from corpus.library.postgres.silence import Listening
from corpus.library.rows.checksums import RowDamaged

ERRORS: tuple[type[Exception], ...] = (psycopg.Error, RowDamaged)
"""What reading and writing meet."""
LockNotAvailable, TimedOut = errors.LockNotAvailable, errors.QueryCanceled

_STATEMENT_SECONDS = 30
_DEFAULTS = {
    "connect_timeout": "5",
    # a machine that is gone without a word is noticed within half a minute
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What an address may say otherwise."""
_OPTIONS = (
    f"-c statement_timeout={_STATEMENT_SECONDS}s",
    # the server's own look at this machine, by default after two hours: one that lost its power while it wrote would
    # keep the lock of all machines until then
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25s",
)
"""Likewise, on the server's side; a socket of the same machine takes those of TCP and has no use for them."""
_DAMAGED = (
    errors.DataCorrupted,
    errors.IndexCorrupted,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.InvalidSchemaName,
    errors.IntegrityError,
)
_ENCODED = "in a URL a password's @ is written %40, / %2F, ? %3F and # %23"
_AT_A_TIME = 1000
"""Rows of a stream that are held: a few megabytes, as each may have an article's text."""
_LONGEST_NAME = 63
"""Bytes of a connection's name that PostgreSQL keeps."""


class PostgresConnection:
    """A connection in autocommit mode."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self._raw = raw
        self._numbers = count()

    @property
    def in_transaction(self) -> bool:
        """Whether one is open; none is where the connection is lost."""
        return self._raw.info.transaction_status in {
            TransactionStatus.ACTIVE,
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        }

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Rows:
        """Carries one statement out; all its rows are held."""
        try:
            return self._raw.execute(_with_marks(query), values, binary=True)
        except psycopg.OperationalError as error:
            if query == "COMMIT" and self._raw.closed:
                raise psycopg.OperationalError(f"{error}; it is not certain whether the change was kept") from error
            raise

    def executemany(self, query: str, values: Iterable[Sequence[Any]], /) -> None:
        """Carries one statement out for each of many rows, without waiting in between."""
        with self._raw.cursor() as cursor:
            cursor.executemany(_with_marks(query), values)

    def stream(self, query: str, values: Sequence[Any]) -> Iterator[Row]:
        """The rows of a query, some of them held at a time."""
        name = f"rows_{next(self._numbers)}"
        # not psycopg's own cursor, which must be closed: one whose reader gives up ends with its transaction
        self._raw.execute(_with_marks(f"DECLARE {name} NO SCROLL CURSOR FOR {query}"), values, prepare=False)
        fetch = f"FETCH {_AT_A_TIME} FROM {name}".encode()
        while True:
            rows = self._raw.execute(fetch, binary=True, prepare=False).fetchall()
            yield from rows
            if len(rows) < _AT_A_TIME:
                break
        self._raw.execute(f"CLOSE {name}".encode(), prepare=False)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Adds rows to a table, as fast as there is a way."""
        names = ", ".join(f'"{column}"' for column in columns)
        with self._raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        """Ends it, and what it has not committed."""
        self._raw.close()


def stream(connection: Connection, query: str, values: Sequence[Any]) -> Iterable[Row]:
    """The rows of a query in a transaction, some of them held at a time."""
    assert isinstance(connection, PostgresConnection)  # noqa: S101 - only its own database's are handed in
    return connection.stream(query, values)


def load(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Adds rows to a table, as fast as there is a way."""
    assert isinstance(connection, PostgresConnection)  # noqa: S101 - as above
    connection.load(table, columns, rows)


def parsed(address: str) -> dict[str, Any]:
    """The parts of a library's address. Raises ValueError, which does not tell it: it may have a password."""
    _, url, rest = address.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0] if url else ""
    try:
        parts = dict(conninfo_to_dict(address))
    except psycopg.ProgrammingError:
        raise ValueError(f"it is no address that PostgreSQL understands; {_ENCODED}") from None
    # what is taken for the name of a host or a database would be told, and may be half of a password
    if authority.count("@") > 1 or "@" in rest[len(authority) :] or "://" in str(parts.get("dbname", "")):
        raise ValueError(f"it has an @ where no user ends; {_ENCODED}")
    return parts


def opened(parts: dict[str, Any], schema: str) -> PostgresConnection:
    """A new connection whose tables are those of a schema. Raises one of ERRORS."""
    told = f"byline: {Path(sys.argv[0]).name} (process {os.getpid()} on {socket.gethostname()})"
    # of several settings of one thing the last holds
    options = " ".join((*_OPTIONS, parts.get("options") or "", f"-c search_path={schema}"))
    ours = {"options": options, "client_encoding": "UTF8"}
    whole = {**_DEFAULTS, "application_name": told[:_LONGEST_NAME], **parts, **ours}
    raw = Listening.connect(make_conninfo(**whole), autocommit=True)
    raw.parts = whole
    encoding = raw.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raw.close()
        raise psycopg.NotSupportedError(f"the database has the encoding {encoding}, and a library needs UTF8")
    return PostgresConnection(raw)


def translated(home: Path, name: str, error: Exception) -> LibraryError:
    """PostgreSQL's error as ours: what it says of the data is damage, everything else a state of the server."""
    if isinstance(error, RowDamaged):
        return LibraryBroken(home, f"{name} is damaged: {error}; {WHAT_TO_DO}")
    said = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
    if isinstance(error, errors.DependentObjectsStillExist):
        return LibraryMismatch(
            home, f"{name} holds what is another program's beside the library; move that elsewhere: {said}"
        )
    if isinstance(error, _DAMAGED):
        return LibraryBroken(home, f"{name} is damaged: {said}; {WHAT_TO_DO}")
    return LibraryUnavailable(home, f"cannot use {name}: {said or type(error).__name__}")


@lru_cache(maxsize=1024)
def _with_marks(query: str) -> bytes:
    """The query with psycopg's marks in the place of question marks; no text in ours has either."""
    return query.replace("%", "%%").replace("?", "%s").encode()
