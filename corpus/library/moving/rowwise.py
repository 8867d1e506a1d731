"""Copying a library row by row from one database to another, and telling whether both hold the same."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from corpus.library.dialect import Connection, Dialect, Row

COPY_OF = "copy_of"
"""Names, among what is told of a library as a whole, the commit of which a copy that is not whole yet is made: a row
that no library has, and that is not counted."""
_ROWS, _BYTES = 1000, 8_000_000
"""Copied in one commit, whichever comes first; an article's text may be of many megabytes."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is copied of a table, in the order of its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


TABLES = (
    Table("meta", ("key", "value"), ("key",)),
    Table("commits", ("number", "token"), ("number",)),
    Table(
        "revisions",
        (
            *("revision_id", "article_id", "sha256", "title", "publisher", "published_at", "published_at_inferred"),
            *("author", "url", "origin", "skipped", "checksum", "text"),
        ),
        ("revision_id",),
    ),
    Table("articles", ("article_id", "revision_id", "checksum"), ("article_id",)),
    Table(
        "passages",
        (
            *("passage_id", "revision_id", "start", "end", "retired_in"),
            *("vector_checksum", "pieces_checksum", "checksum"),
        ),
        ("passage_id",),
    ),
    Table("vectors", ("passage_id", "encoder", "vector"), ("passage_id", "encoder")),
    Table("pieces", ("passage_id", "places", "codes"), ("passage_id",)),
)
"""All there are, each after those that it refers to."""


@dataclass(frozen=True, slots=True)
class Side:
    """A connection to one of the two, in a transaction where it is read."""

    connection: Connection
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of all rows of a table."""

    table: str
    rows: int
    sha256: str


def row_count(side: Side) -> int:
    """Of all tables together. Looks at each row."""
    return sum(_count(side, table) for table in TABLES)


def copy_rows(source: Side, target: Side, *, on_rows: Callable[[int], None]) -> None:
    """Copies what the target does not have yet, some rows a commit: broken off anywhere, it is gone on with.

    What the target has must be the beginning of each table, in order of its key. `on_rows` is told how many more
    are there.
    """
    for table in TABLES:
        last = _last_key(target, table)
        on_rows(_count(target, table))
        for rows in _batches(_rows(source, table, after=last)):
            target.connection.execute("BEGIN")
            target.dialect.load(target.connection, table.name, table.columns, rows)
            target.connection.execute("COMMIT")
            on_rows(len(rows))


def checksums(side: Side, *, on_rows: Callable[[int], None]) -> Iterator[Checksum]:
    """Reads every table, in the order of its key. The same rows have the same checksum in every database."""
    for table in TABLES:
        digest, rows = hashlib.sha256(), 0
        for row in _rows(side, table, after=None):
            # lengths first, so that no two rows are the same bytes
            digest.update(repr([len(one) if isinstance(one, bytes) else one for one in row]).encode())
            for one in row:
                if isinstance(one, bytes):
                    digest.update(one)
            rows += 1
            if rows % _ROWS == 0:
                on_rows(_ROWS)
        on_rows(rows % _ROWS)
        yield Checksum(table.name, rows, digest.hexdigest())


def _rows(side: Side, table: Table, *, after: Row | None) -> Iterator[Row]:
    where, values = ("", ()) if after is None else (f"WHERE ({_names(table.key)}) > ({_marks(table.key)})", after)
    query = f"SELECT {_names(table.columns)} FROM {table.name} {where} ORDER BY {_names(table.key)}"  # noqa: S608 - constants only
    for row in side.dialect.stream(side.connection, query, values):
        # the number of the last commit is text in a database with one type for a column
        yield (row[0], int(row[1])) if row[0] == "commit" and table.name == "meta" else row


def _last_key(side: Side, table: Table) -> Row | None:
    backwards = ", ".join(f'"{column}" DESC' for column in table.key)
    query = f"SELECT {_names(table.key)} FROM {table.name} ORDER BY {backwards} LIMIT 1"  # noqa: S608 - constants only
    row: Row | None = side.connection.execute(query).fetchone()
    return row


def _count(side: Side, table: Table) -> int:
    where = f"WHERE key <> '{COPY_OF}'" if table.name == "meta" else ""
    query = f"SELECT count(*) FROM {table.name} {where}"  # noqa: S608 - constants only
    count: int = side.connection.execute(query).fetchone()[0]
    return count


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch, size = list[Row](), 0
    for row in rows:
        batch.append(row)
        size += sum(len(one) for one in row if isinstance(one, bytes | str))
        if len(batch) >= _ROWS or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _marks(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))
