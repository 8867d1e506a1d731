"""Where the SQL of two databases differs; every query is written once, with question marks for its values."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = tuple[Any, ...]


class Rows(Protocol):
    """What a statement gives."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any:  # noqa: ANN401 - columns have no types here
        """The next row; None after the last."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        ...


class Connection(Protocol):
    """A connection in autocommit mode, as sqlite3 has it; transactions are begun by the database it is of."""

    @property
    def in_transaction(self) -> bool:
        """Whether one is open, also one that failed and can but be rolled back."""
        ...

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows:
        """Carries one statement out."""
        ...

    def executemany(self, query: str, values: Iterable[Sequence[Any]], /) -> object:
        """Carries one statement out for each of many rows."""
        ...

    def close(self) -> None:
        """Ends it, and what it has not committed."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The fragments of one database."""

    differs: str
    """Stands between two values of which either may be NULL."""
    texts: str
    """The members of a list of texts that is given as JSON, for IN."""
    numbers: str
    """Likewise of numbers."""
    last_passage_id: str
    """Gives the highest id ever given to a passage; no row, or 0, before the first."""
    size: str
    """Gives the bytes of the database."""
    unsound: tuple[tuple[str, str], ...]
    """Queries that find nothing in a sound library, each with what a row that it finds means, `{}` for its number."""
    stream: Callable[[Connection, str, Sequence[Any]], Iterable[Any]]
    """The rows of a query in a transaction, few of them held at a time. Others may be asked in between."""
    load: Callable[[Connection, str, Sequence[str], Sequence[Row]], None]
    """Adds rows to the columns of a table, within a transaction, as fast as there is a way."""
    settled: tuple[str, ...]
    """What is to be carried out once all rows were loaded."""
    damage: Callable[[Connection], list[str]]
    """What the database's own checks find."""
    careless: Callable[[Connection], list[str]]
    """How the database was set up that what it acknowledges may be lost by a power cut."""


def _sqlite_damage(connection: Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    broken = [f"row {row[1]} of {row[0]} points nowhere" for row in connection.execute("PRAGMA foreign_key_check")]
    return broken if found == ["ok"] else found + broken


def _sqlite_load(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - the library's own names


_SQLITE_INDEXES = {
    "revisions_published": ("revisions", "i.published_at IS t.published_at AND i.revision_id = t.revision_id"),
    "revisions_publisher": ("revisions", "i.publisher IS t.publisher AND i.revision_id = t.revision_id"),
    "sqlite_autoindex_revisions_1": (
        "revisions",
        "i.article_id = t.article_id AND i.sha256 = t.sha256 AND i.revision_id = t.revision_id",
    ),
    "passages_revision": ("passages", "i.revision_id = t.revision_id AND i.passage_id = t.passage_id"),
}
SQLITE = Dialect(
    differs="IS NOT",
    texts="(SELECT value FROM json_each(?))",
    numbers="(SELECT value FROM json_each(?))",
    last_passage_id="SELECT seq FROM sqlite_sequence WHERE name = 'passages'",
    size="SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    unsound=(
        *(
            (
                f"""SELECT 1 FROM {table} t NOT INDEXED
                    WHERE NOT EXISTS (SELECT 1 FROM {table} i INDEXED BY {name} WHERE {same}) LIMIT 1""",  # noqa: S608 - constants only
                f"the index {name} lacks a row",
            )
            for name, (table, same) in _SQLITE_INDEXES.items()
        ),
        (
            """SELECT revision_id FROM passages NOT INDEXED
               WHERE revision_id NOT IN (SELECT revision_id FROM revisions) LIMIT 1""",
            "revision number {} lost its text",
        ),
        (
            """SELECT revision_id FROM passages NOT INDEXED
               WHERE retired_in IS NULL AND revision_id NOT IN (SELECT revision_id FROM articles) LIMIT 1""",
            "revision number {} is searched and no article's",
        ),
    ),
    stream=lambda connection, query, values: connection.execute(query, values),
    load=_sqlite_load,
    settled=(),
    damage=_sqlite_damage,
    # each connection says for itself what it syncs
    careless=lambda _: [],
)
"""The order of text is that of code points, and `substr` counts them."""
