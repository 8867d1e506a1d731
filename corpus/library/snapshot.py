"""The library as it stood at one commit: all that is read of it."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Revision, is_text
from corpus.errors import ArticleNotFound, LibraryBroken
from corpus.library.checksums import RowDamaged, blob_checksum, damaged_rows, row_checksum
from corpus.library.conditions import COLUMNS, Attribute, Value, sql_of
from corpus.library.identity import Identity
from corpus.library.records import (
    ArticleSummary,
    Counts,
    Filters,
    PassageRow,
    PassageVectors,
    PieceCodes,
    PublisherCount,
)
from corpus.library.rows import ARTICLE, CURRENT, DESCRIBED, PASSAGE, check_revision, date_of, passage_of, revision_of
from corpus.library.verified import Verified

_VARIABLES = 500
"""Ids bound in one statement; SQLite's own limit is 32,766, a short statement is parsed faster."""
_RESPLIT = "run `byline rebuild --resplit`"
_LAST_ID = 2**63 - 1
"""The highest id that SQLite gives."""


class Snapshot:
    """The library as it stood at one commit. Obtained from Library.snapshot(); not shared between threads."""

    def __init__(self, home: Path, connection: sqlite3.Connection, verified: Verified | None = None) -> None:
        self.home = home
        self._db = connection
        self._verified = Verified() if verified is None else verified

    @property
    def commit(self) -> int:
        """Number of the last commit this snapshot sees; every write raises it by one. Raises LibraryBroken."""
        row = self._db.execute(
            "SELECT value, (SELECT max(number) FROM commits) FROM meta WHERE key = 'commit'"
        ).fetchone()
        if row is None or row[0] != row[1]:
            raise RowDamaged("it does not tell its last commit")
        number: int = row[0]
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
            raise LibraryBroken(self.home, "the database does not say which encoder it was made with")
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
        row = self._db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        return int(row[0])

    def revision(self, article_id: str, sha256: str | None = None) -> Revision:
        """The article's current revision, or the one named. Raises ArticleNotFound."""
        if not is_text(article_id):
            raise ArticleNotFound(article_id, sha256)
        which = "r.article_id = ? AND r.sha256 = ?"
        values: tuple[str | int, ...] = (article_id, sha256 or "")
        if sha256 is None:
            # looked up by a key: a join that begins with all articles takes the longer the more there are
            which, values = "r.revision_id = ?", (self._current_revision(article_id),)
        row = self._db.execute(f"SELECT r.revision_id, {ARTICLE}, {CURRENT} FROM revisions r WHERE {which}", values)  # noqa: S608 - fixed fragments only
        found = row.fetchone()
        if found is None and sha256 is None:
            raise RowDamaged(f"the text of article {article_id} is not there")
        if found is None:
            raise ArticleNotFound(article_id, sha256)
        revision = revision_of(found[1:])
        self._verified.check(found[0], revision.sha256, revision.article.text, of=revision.article.id)
        return revision

    def _current_revision(self, article_id: str) -> int:
        row = self._db.execute(
            "SELECT article_id, revision_id, checksum FROM articles WHERE article_id = ?", (article_id,)
        ).fetchone()
        if row is None:
            self._verified.check_agreement(self._db)
            raise ArticleNotFound(article_id)
        if row_checksum(row[:2]) != row[2]:
            raise RowDamaged(f"the row of article {article_id} is damaged")
        number: int = row[1]
        return number

    def holds(self, article: Article) -> bool:
        """Whether the current revision of this article is this very article, description included.

        One that is damaged is not, so that storing it again mends it.
        """
        try:
            return self.has(article.id) and self.revision(article.id).article == article
        except RowDamaged:
            return False

    def has(self, article_id: str) -> bool:
        """Whether there is a current article of this id."""
        if not is_text(article_id):
            return False
        return self._db.execute("SELECT 1 FROM articles WHERE article_id = ?", (article_id,)).fetchone() is not None

    def origin(self, article_id: str) -> str | None:
        """The file the article's current revision was read from, if it came from one and exists."""
        row = self._db.execute(
            "SELECT origin FROM revisions JOIN articles USING (revision_id) WHERE articles.article_id = ?",
            (article_id,),
        ).fetchone()
        return None if row is None else row[0]

    def revisions(self) -> Iterator[Revision]:
        """Every revision of every article, also former ones and those of removed articles.

        Their texts are not compared with their names.
        """
        for row in self._db.execute(
            f"SELECT {ARTICLE}, {CURRENT} FROM revisions r ORDER BY r.revision_id"  # noqa: S608 - fixed fragments only
        ):
            yield revision_of(row)

    def summaries(self, *, after: str = "", limit: int = -1) -> list[ArticleSummary]:
        """Current articles in order of id, those after `after`, at most `limit` (-1: all)."""
        self._verified.check_agreement(self._db)
        rows = self._db.execute(
            f"""SELECT {DESCRIBED},
                       (SELECT count(*) FROM passages p WHERE p.revision_id = r.revision_id AND p.retired_in IS NULL)
                FROM articles a JOIN revisions r USING (revision_id)
                WHERE a.article_id > ? ORDER BY a.article_id LIMIT ?""",  # noqa: S608 - fixed fragments only
            (after, limit),
        )
        return [_summary(check_revision(row), passages=row[-1]) for row in rows]

    def publishers(self, *, after: str = "", limit: int = -1) -> list[PublisherCount]:
        """Publishers of current articles in order of name, by code points: those after `after`, at most `limit`."""
        self._verified.check_agreement(self._db)
        rows = self._db.execute(
            # the plus sign has SQLite walk through the names of the index, in order, and read no row of an article
            """SELECT publisher, count(*) FROM revisions
               WHERE publisher > ? AND +revision_id IN (SELECT revision_id FROM articles)
               GROUP BY publisher ORDER BY publisher LIMIT ?""",
            (after, limit),
        )
        return [PublisherCount(*row) for row in rows]

    def passages(self, ids: Sequence[int]) -> dict[int, PassageRow]:
        """The passages with these ids, searchable or not; unknown ids are absent from the result."""
        found: dict[int, PassageRow] = {}
        texts: dict[int, str] = {}
        for some in _batches(ids):
            rows = self._db.execute(
                f"""SELECT {PASSAGE} FROM passages p JOIN revisions r USING (revision_id)
                    WHERE p.passage_id IN ({_marks(some)})""",  # noqa: S608 - question marks only
                some,
            )
            for row in rows:
                found[row[0]] = passage_of(row)
                texts[row[1]] = found[row[0]].revision
        self._check_texts(texts)
        return found

    def searchable_passages(self, ids: Sequence[int]) -> dict[int, PassageRow]:
        """The passages that an index found. Raises LibraryBroken if one is not there or not searchable."""
        found = self.passages(ids)
        for number in ids:
            if number not in found or not found[number].searchable:
                raise RowDamaged(f"passage {number} was found, and is not there")
        return found

    def passages_of(self, article_id: str) -> list[PassageRow]:
        """The searchable passages of an article's current revision, in order of the text."""
        rows = self._db.execute(
            f"""SELECT {PASSAGE} FROM passages p JOIN revisions r USING (revision_id)
                WHERE r.article_id = ? AND p.retired_in IS NULL
                ORDER BY p.start, p.passage_id""",  # noqa: S608 - fixed fragments only
            (article_id,),
        )
        found, texts = list[PassageRow](), dict[int, str]()
        for row in rows:
            found.append(passage_of(row))
            texts[row[1]] = found[-1].revision
        self._check_texts(texts)
        return found

    def passage_count(self, article_id: str) -> int:
        """Searchable passages of an article."""
        count: int = self._db.execute(
            """SELECT count(*) FROM passages p JOIN revisions r USING (revision_id)
               WHERE r.article_id = ? AND p.retired_in IS NULL""",
            (article_id,),
        ).fetchone()[0]
        return count

    def matching(self, filters: Filters, *, after: int = 0) -> NDArray[np.int64]:
        """Ids, ascending, of the searchable passages whose article meets all filters; those above `after` only."""
        self._verified.check_agreement(self._db)
        where, values = ["p.retired_in IS NULL"], list[Value]()
        for condition, value in (("r.published_at >= ?", filters.published_from),
                                 ("r.published_at <= ?", filters.published_to)):  # fmt: skip
            if value is not None:
                where.append(condition)
                values.append(value.isoformat())
        for column, wanted in (("r.publisher", filters.publishers), ("r.article_id", filters.article_ids)):
            if wanted:
                where.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - columns from the line above
                values.append(json.dumps(wanted))
        if filters.condition is not None:
            condition, compared = sql_of(filters.condition)
            where.append(condition)
            values.extend(compared)
        if after:
            where.append("p.passage_id > ?")
            values.append(after)
        rows = self._db.execute(
            f"""SELECT p.passage_id FROM passages p JOIN revisions r USING (revision_id)
                WHERE {" AND ".join(where)} ORDER BY p.passage_id""",  # noqa: S608 - conditions from the lists above
            values,
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def last_passage_id(self) -> int:
        """The highest id ever given to a passage; 0 before the first."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
        return 0 if row is None else int(row[0])

    def searchable_count(self, *, until: int) -> int:
        """How many passages are searchable whose ids are at most `until`. Looks at each row."""
        count: int = self._db.execute(
            "SELECT count(*) FROM passages WHERE passage_id <= ? AND retired_in IS NULL", (until,)
        ).fetchone()[0]
        return count

    def searchable(self, *, after: int, until: int) -> NDArray[np.int64]:
        """Ids, ascending, of the searchable passages whose ids are above `after` and at most `until`."""
        rows = self._db.execute(
            """SELECT passage_id FROM passages WHERE passage_id > ? AND passage_id <= ? AND retired_in IS NULL
               ORDER BY passage_id""",
            (after, until),
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def attributes(self, ids: Sequence[int]) -> dict[int, dict[Attribute, Value | None]]:
        """What conditions on these passages are about; unknown ids are absent from the result."""
        self._verified.check_agreement(self._db)
        found: dict[int, dict[Attribute, Value | None]] = {}
        for some in _batches(ids):
            rows = self._db.execute(
                f"""SELECT p.passage_id, {",".join(COLUMNS.values())}
                    FROM passages p JOIN revisions r USING (revision_id) WHERE p.passage_id IN ({_marks(some)})""",  # noqa: S608 - fixed fragments and question marks only
                some,
            )
            found |= {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows}
        return found

    def searchable_among(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Those of these passages that are searchable, in any order."""
        found = list[int]()
        for some in _batches(ids):
            rows = self._db.execute(
                f"SELECT passage_id FROM passages WHERE passage_id IN ({_marks(some)}) AND retired_in IS NULL",  # noqa: S608 - question marks only
                some,
            )
            found += (row[0] for row in rows)
        return np.array(found, np.int64)

    def vectors_after(self, passage_id: int, *, until: int = _LAST_ID, limit: int = -1) -> PassageVectors:
        """Searchable passages with a higher id, `until` at most, with the library's own encoder's vectors.

        `limit` bounds their number (-1: all).

        Raises LibraryBroken when a searchable passage has no vector of the right size.
        """
        identity = self.identity
        ids, blobs, titles, texts = [], [], [], []
        last = None
        for row in self._db.execute(
            f"""SELECT {PASSAGE}, v.vector FROM passages p JOIN revisions r USING (revision_id)
                LEFT JOIN vectors v ON v.passage_id = p.passage_id AND v.encoder = ?
                WHERE p.passage_id > ? AND p.passage_id <= ? AND p.retired_in IS NULL
                ORDER BY p.passage_id LIMIT ?""",  # noqa: S608 - fixed fragments only
            (identity.encoder_sha256, passage_id, until, limit),
        ):
            passage, vector = passage_of(row), row[-1]
            if vector is None or len(vector) != 2 * identity.dim:
                raise LibraryBroken(
                    self.home, f"passage {row[0]} has no vector of {identity.dim} dimensions; {_RESPLIT}"
                )
            if blob_checksum(row[0], vector) != row[5]:
                raise LibraryBroken(self.home, f"the vector of passage {row[0]} is damaged; {_RESPLIT}")
            # passages of one revision follow each other
            if row[1] != last:
                last = row[1]
                self._check_texts({last: passage.revision})
            ids.append(row[0])
            blobs.append(vector)
            titles.append(passage.title)
            texts.append(passage.text)
        vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), identity.dim)
        return PassageVectors(np.array(ids, np.int64), vectors, titles, texts)

    def pieces(self, ids: Sequence[int]) -> dict[int, PieceCodes]:
        """The word pieces of these searchable passages. Raises LibraryBroken for one that has none."""
        found: dict[int, PieceCodes] = {}
        for some in _batches(ids):
            rows = self._db.execute(
                f"""SELECT t.passage_id, t.codes, t.places, p.pieces_checksum
                    FROM pieces t JOIN passages p USING (passage_id) WHERE t.passage_id IN ({_marks(some)})""",  # noqa: S608 - question marks only
                some,
            )
            for number, codes, places, checksum in rows:
                if blob_checksum(number, places, codes) != checksum:
                    raise LibraryBroken(self.home, f"the word pieces of passage {number} are damaged; {_RESPLIT}")
                found[number] = PieceCodes(codes, places)
        width = {len(one.codes) * 2 / len(one.places) for one in found.values() if one.places}
        if len(width) > 1 or any(bool(one.codes) != bool(one.places) for one in found.values()):
            raise LibraryBroken(self.home, f"word pieces are damaged; {_RESPLIT}")
        if lacking := [number for number in ids if number not in found]:
            raise LibraryBroken(self.home, f"passage {lacking[0]} has no word pieces; {_RESPLIT}")
        return found

    def without_pieces(self) -> list[int]:
        """Ids of searchable passages that have no word pieces."""
        rows = self._db.execute(
            """SELECT p.passage_id FROM passages p LEFT JOIN pieces t USING (passage_id)
               WHERE p.retired_in IS NULL AND t.passage_id IS NULL ORDER BY 1"""
        )
        return [row[0] for row in rows]

    def without_vector(self) -> list[int]:
        """Ids of searchable passages that have no vector of the library's own encoder, or one of the wrong size."""
        identity = self.identity
        rows = self._db.execute(
            """SELECT p.passage_id FROM passages p
               LEFT JOIN vectors v ON v.passage_id = p.passage_id AND v.encoder = ?
               WHERE p.retired_in IS NULL AND length(v.vector) IS NOT ? ORDER BY 1""",
            (identity.encoder_sha256, 2 * identity.dim),
        )
        return [row[0] for row in rows]

    def retired_after(self, commit: int, *, after: int = 0, until: int = _LAST_ID) -> NDArray[np.int64]:
        """Ids, ascending, of the passages that commits later than this one took out of search.

        Only of those whose ids are above `after` and at most `until`.
        """
        rows = self._db.execute(
            # the plus signs keep SQLite from walking through the ids, which are many, instead of the retired ones
            """SELECT passage_id FROM passages WHERE retired_in > ? AND +passage_id > ? AND +passage_id <= ?
               ORDER BY passage_id""",
            (commit, after, until),
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def damaged_rows(self) -> Iterator[str]:
        """Rows that are not what was written, each as a sentence; the texts of revisions are not looked at."""
        return damaged_rows(self._db)

    def _check_texts(self, named: Mapping[int, str]) -> None:
        """Compares the texts of these revisions, by their numbers, with their names, unless that was done before."""
        for number, sha256 in named.items():
            if not self._verified.has(number, sha256):
                article_id, text = self._db.execute(
                    "SELECT article_id, text FROM revisions WHERE revision_id = ?", (number,)
                ).fetchone()
                self._verified.check(number, sha256, text, of=article_id)

    def damage(self) -> list[str]:
        """What SQLite's own integrity and foreign-key checks find; empty when the file is sound."""
        found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check(20)")]
        broken = [f"row {row[1]} of {row[0]} points nowhere" for row in self._db.execute("PRAGMA foreign_key_check")]
        return broken if found == ["ok"] else found + broken


def _summary(described: tuple[Any, ...], *, passages: int) -> ArticleSummary:
    return ArticleSummary(
        id=described[0],
        revision=described[1],
        title=described[2],
        publisher=described[3],
        published_at=date_of(described[4]),
        url=described[7],
        passages=passages,
    )


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    for at in range(0, len(ids), _VARIABLES):
        yield [int(number) for number in ids[at : at + _VARIABLES]]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
