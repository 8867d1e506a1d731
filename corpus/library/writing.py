"""Writing to the library: one writer at a time, every change one durable commit."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from corpus.article import Article
from corpus.errors import ArticleNotFound, LibraryMissing
from corpus.library import schema
from corpus.library.identity import Identity, check_identity
from corpus.library.lock import WRITER, exclusive
from corpus.library.records import Incoming, PutResult
from corpus.library.snapshot import Snapshot


class Writer:
    """The open transaction of one write. Obtained from writing(); everything in it is kept or none of it."""

    def __init__(self, home: Path, connection: sqlite3.Connection, *, commit: int) -> None:
        self._db = connection
        self._commit = commit
        self.before = Snapshot(home, connection)
        """The library as this writer sees it, its own changes included."""

    def put(self, incoming: Incoming) -> PutResult:
        """Stores an article, in the place of a former revision if there is one.

        The former revision stays readable and its passages leave the search. An article that is already stored with
        the same text and description is left alone.
        """
        article = incoming.article
        current = self._db.execute("SELECT revision_id FROM articles WHERE article_id = ?", (article.id,)).fetchone()
        if current is not None and self.before.holds(article):
            return PutResult.UNCHANGED
        if current is not None:
            self._retire(current[0])
        revision_id = self._revision(article, incoming.origin)
        self._db.execute(
            """INSERT INTO articles VALUES (?, ?)
               ON CONFLICT (article_id) DO UPDATE SET revision_id = excluded.revision_id""",
            (article.id, revision_id),
        )
        self._add_passages(revision_id, incoming)
        return PutResult.CREATED if current is None else PutResult.UPDATED

    def replace_passages(self, incoming: Incoming) -> None:
        """Gives an unchanged article new passages, as splitting or encoding anew needs. Raises ArticleNotFound."""
        row = self._db.execute(
            "SELECT revision_id FROM articles WHERE article_id = ?", (incoming.article.id,)
        ).fetchone()
        if row is None:
            raise ArticleNotFound(incoming.article.id)
        self._retire(row[0])
        self._add_passages(row[0], incoming)

    def remove(self, article_id: str) -> None:
        """Takes an article out of the listing and the search; its revisions stay readable. Raises ArticleNotFound."""
        if not self.before.has(article_id):
            raise ArticleNotFound(article_id)
        row = self._db.execute(
            "DELETE FROM articles WHERE article_id = ? RETURNING revision_id", (article_id,)
        ).fetchone()
        self._retire(row[0])

    def set_identity(self, identity: Identity) -> None:
        """States what the passages and vectors in this library depend on from this commit on.

        A library of an earlier version gets this one's tables: what belongs in them is made anew with the identity.
        """
        schema.upgrade(self._db)
        self._db.execute(
            "INSERT INTO meta VALUES ('identity', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (json.dumps(asdict(identity)),),
        )

    def _revision(self, article: Article, origin: str | None) -> int:
        """The id of the row that holds this text, its description brought up to date."""
        skipped = json.dumps([[skip.span.start, skip.span.end, skip.reason] for skip in article.skipped])
        row = self._db.execute(
            """INSERT INTO revisions (article_id, sha256, title, publisher, published_at, published_at_inferred,
                                      author, url, origin, skipped, text)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (article_id, sha256) DO UPDATE SET
                   title = excluded.title, publisher = excluded.publisher, published_at = excluded.published_at,
                   published_at_inferred = excluded.published_at_inferred, author = excluded.author,
                   url = excluded.url, origin = excluded.origin, skipped = excluded.skipped
               RETURNING revision_id""",
            (
                article.id,
                article.revision,
                article.title,
                article.publisher,
                None if article.published_at is None else article.published_at.isoformat(),
                article.published_at_inferred,
                article.author,
                article.url,
                origin,
                skipped,
                article.text,
            ),
        ).fetchone()
        return int(row[0])

    def _add_passages(self, revision_id: int, incoming: Incoming) -> None:
        encoder = self.before.identity.encoder_sha256
        for span, vector, pieces in zip(incoming.spans, incoming.vectors, incoming.pieces, strict=True):
            row = self._db.execute(
                'INSERT INTO passages (revision_id, start, "end") VALUES (?, ?, ?) RETURNING passage_id',
                (revision_id, span.start, span.end),
            ).fetchone()
            self._db.execute("INSERT INTO vectors VALUES (?, ?, ?)", (row[0], encoder, vector.tobytes()))
            self._db.execute("INSERT INTO pieces VALUES (?, ?, ?)", (row[0], pieces.places, pieces.codes))

    def _retire(self, revision_id: int) -> None:
        # nothing else than a new identity brings an earlier version's library up to date, so it may be without pieces
        for table in ("vectors", "pieces") if schema.has_pieces(self._db) else ("vectors",):
            self._db.execute(
                f"""DELETE FROM {table} WHERE passage_id IN
                    (SELECT passage_id FROM passages WHERE revision_id = ? AND retired_in IS NULL)""",  # noqa: S608 - one of two names
                (revision_id,),
            )
        self._db.execute(
            "UPDATE passages SET retired_in = ? WHERE revision_id = ? AND retired_in IS NULL",
            (self._commit, revision_id),
        )


@contextmanager
def writing(home: Path, *, wait_seconds: float) -> Iterator[Writer]:
    """One durable transaction: when the block ends, what it wrote is on disk; when it raises, nothing of it is.

    Waits up to `wait_seconds` for other writers, then raises LibraryBusy. Raises LibraryMissing or LibraryBroken.
    """
    if not schema.exists(home):
        raise LibraryMissing(home)
    with exclusive(home, WRITER, wait_seconds=wait_seconds):
        connection = schema.connect(home, write=True)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                (commit,) = connection.execute(
                    "UPDATE meta SET value = value + 1 WHERE key = 'commit' RETURNING value"
                ).fetchone()
                connection.execute("INSERT INTO commits VALUES (?, lower(hex(randomblob(8))))", (commit,))
                yield Writer(home, connection, commit=commit)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            raise schema.translated(home, error) from error
        finally:
            connection.close()


def make_library(home: Path, identity: Identity, *, wait_seconds: float) -> None:
    """Makes an empty library, or checks that the one already there has the same identity.

    Raises LibraryMismatch when it has another one.
    """
    with exclusive(home, WRITER, wait_seconds=wait_seconds):
        fresh = not schema.exists(home)
        if fresh:
            schema.create(home)
        connection = schema.connect(home, write=True)
        try:
            if fresh or connection.execute("SELECT 1 FROM meta WHERE key = 'identity'").fetchone() is None:
                writer = Writer(home, connection, commit=0)
                writer.set_identity(identity)
                return
            check_identity(home, Snapshot(home, connection).identity, wanted=identity)
        except sqlite3.DatabaseError as error:
            raise schema.translated(home, error) from error
        finally:
            connection.close()
