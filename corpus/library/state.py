"""Which library it is, at which commit, how much it holds, and whether all of it is what was written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpus.errors import LibraryBroken
from corpus.library.database import WHAT_TO_DO
from corpus.library.dialect import Connection, Dialect
from corpus.library.identity import Identity
from corpus.library.records import Counts
from corpus.library.rows.checksums import RowDamaged, damaged_rows
from corpus.library.rows.verified import Verified


class State:
    """The library as a whole, as it stood at one commit."""

    def __init__(
        self, home: Path, connection: Connection, verified: Verified | None = None, *, dialect: Dialect
    ) -> None:
        self.home = home
        self._db = connection
        self._dialect = dialect
        self._verified = Verified() if verified is None else verified

    @property
    def commit(self) -> int:
        """Number of the last commit this snapshot sees; every write raises it by one. Raises LibraryBroken."""
        row = self._db.execute(
            "SELECT value, (SELECT max(number) FROM commits) FROM meta WHERE key = 'commit'"
        ).fetchone()
        # a database that has one type for all values of a table gives the first as text
        if row is None or (row[0] != row[1] and row[0] != str(row[1])):
            raise RowDamaged("it does not tell its last commit")
        number: int = row[1]
        return number

    @property
    def token(self) -> str:
        """What was drawn at random for that commit: a restored library may have another commit of the same number."""
        token = self.token_of(self.commit)
        if token is None:
            raise RowDamaged("it does not tell its last commit")
        return token

    @property
    def identity(self) -> Identity:
        """The encoder and limits the library was made with."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
        if row is None:
            raise LibraryBroken(self.home, f"the database does not say which encoder it was made with; {WHAT_TO_DO}")
        try:
            return Identity(**json.loads(row[0]))
        except (ValueError, TypeError) as error:
            raise RowDamaged("it does not tell which encoder it was made with") from error

    @property
    def library_id(self) -> str:
        """Drawn at random when the library was made, so that indexes of another are never taken for its own."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'library_id'").fetchone()
        if row is None:
            raise RowDamaged("it does not tell which library it is")
        drawn: str = row[0]
        return drawn

    def token_of(self, commit: int) -> str | None:
        """What was drawn at random for a commit of this library's history; None if it has no such commit."""
        row = self._db.execute("SELECT token FROM commits WHERE number = ?", (commit,)).fetchone()
        return None if row is None else row[0]

    def counts(self) -> Counts:
        """How much the library holds."""
        row = self._db.execute(
            """SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM revisions),
                      (SELECT count(*) FROM passages WHERE retired_in IS NULL),
                      (SELECT count(*) FROM passages WHERE retired_in IS NOT NULL)"""
        ).fetchone()
        return Counts(*row)

    def size(self) -> int:
        """Bytes of the database."""
        row = self._db.execute(self._dialect.size).fetchone()
        return int(row[0])

    def last_passage_id(self) -> int:
        """The highest id ever given to a passage; 0 before the first."""
        row = self._db.execute(self._dialect.last_passage_id).fetchone()
        return 0 if row is None else int(row[0])

    def damaged_rows(self) -> Iterator[str]:
        """Rows that are not what was written, each as a sentence; the texts of revisions are not looked at."""
        return damaged_rows(self._db, self._dialect)

    def damage(self) -> list[str]:
        """What the database's own checks find, of integrity and of foreign keys; empty when it is sound."""
        return self._dialect.damage(self._db)

    def careless(self) -> list[str]:
        """How the database was set up that what it acknowledges may be lost by a power cut, each as a sentence."""
        return self._dialect.careless(self._db)

    def _check_texts(self, named: Mapping[int, str]) -> None:
        """Compares the texts of these revisions, by their numbers, with their names, unless that was done before."""
        for number, sha256 in named.items():
            if not self._verified.has(number, sha256):
                article_id, text = self._db.execute(
                    "SELECT article_id, text FROM revisions WHERE revision_id = ?", (number,)
                ).fetchone()
                self._verified.check(number, sha256, text, of=article_id)
