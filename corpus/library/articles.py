"""Articles and their revisions: by name, and in listings."""

from collections.abc import Iterator
from typing import Any

from corpus.article import Article, Revision
from corpus.errors import ArticleNotFound
from corpus.library.records import ArticleSummary, PublisherCount
from corpus.library.rows.bounds import at_most, could_be_stored, up_to_nul
from corpus.library.rows.checksums import RowDamaged, row_checksum
from corpus.library.rows.values import ARTICLE, CURRENT, DESCRIBED, check_revision, date_of, revision_of
from corpus.library.state import State


class Articles(State):
    """What is read of articles."""

    def revision(self, article_id: str, sha256: str | None = None) -> Revision:
        """The article's current revision, or the one named. Raises ArticleNotFound."""
        if not could_be_stored(article_id, sha256 or ""):
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
            self._verified.check_agreement(self._db, self._dialect)
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
        if not could_be_stored(article_id):
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
        query = f"SELECT {ARTICLE}, {CURRENT} FROM revisions r ORDER BY r.revision_id"  # noqa: S608 - fixed fragments only
        for row in self._dialect.stream(self._db, query, ()):
            yield revision_of(row)

    def summaries(self, *, after: str = "", limit: int = -1) -> list[ArticleSummary]:
        """Current articles in order of id, those after `after`, at most `limit` (-1: all)."""
        self._verified.check_agreement(self._db, self._dialect)
        rows = self._db.execute(
            f"""SELECT {DESCRIBED},
                       (SELECT count(*) FROM passages p WHERE p.revision_id = r.revision_id AND p.retired_in IS NULL)
                FROM articles a JOIN revisions r USING (revision_id)
                WHERE a.article_id > ? ORDER BY a.article_id LIMIT ?""",  # noqa: S608 - fixed fragments only
            (up_to_nul(after), at_most(limit)),
        )
        return [_summary(check_revision(row), passages=row[-1]) for row in rows]

    def publishers(self, *, after: str = "", limit: int = -1) -> list[PublisherCount]:
        """Publishers of current articles in order of name, by code points: those after `after`, at most `limit`."""
        self._verified.check_agreement(self._db, self._dialect)
        rows = self._db.execute(
            # the plus sign has SQLite walk through the names of the index, in order, and read no row of an article
            """SELECT publisher, count(*) FROM revisions
               WHERE publisher > ? AND +revision_id IN (SELECT revision_id FROM articles)
               GROUP BY publisher ORDER BY publisher LIMIT ?""",
            (up_to_nul(after), at_most(limit)),
        )
        return [PublisherCount(*row) for row in rows]


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
