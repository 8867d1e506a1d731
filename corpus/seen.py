"""The ids that one run has taken, however many, each with where it is from."""

from types import TracebackType
from typing import Self

from corpus.scratch import Scratch, as_bytes, as_text

_TABLES = """
CREATE TABLE sources (number INTEGER PRIMARY KEY, name BLOB NOT NULL);
CREATE TABLE ids (id TEXT PRIMARY KEY, source INTEGER NOT NULL) WITHOUT ROWID;
"""


class Seen:
    """Ids and their sources, on disk once they are many. To be closed."""

    def __init__(self) -> None:
        self._db = Scratch(_TABLES)
        self._last: tuple[str, int] | None = None

    def source_of(self, article_id: str) -> str | None:
        """Where the id was taken first; None if it was not."""
        row = self._db.first("SELECT name FROM ids JOIN sources ON number = source WHERE id = ?", article_id)
        return None if row is None else as_text(row[0])

    def take(self, article_id: str, source: str) -> None:
        """Notes an id that was not taken before."""
        if self._last is None or self._last[0] != source:
            # a file may hold many articles, and its name is kept once
            self._last = source, self._db.change("INSERT INTO sources (name) VALUES (?)", as_bytes(source))
        self._db.change("INSERT INTO ids VALUES (?, ?)", article_id, self._last[1])

    def close(self) -> None:
        """Frees the disk."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
