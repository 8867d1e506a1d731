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
    unhurried: tuple[str, ...]
    """What lets statements of a connection take as long as they need, where all rows are gone through."""
    settled: tuple[str, ...]
    """What is to be carried out once all rows were loaded."""
    damage: Callable[[Connection], list[str]]
    """What the database's own checks find."""
    careless: Callable[[Connection], list[str]]
    """How the database was set up that what it acknowledges may be lost by a power cut."""
