"""Writing to the library: one writer at a time, every change one durable commit."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from corpus.article import Article
from corpus.errors import ArticleNotFound
from corpus.library.database import Database, missing, translating
from corpus.library.dialect import Connection, Row
from corpus.library.folder import check_home
from corpus.library.identity import Identity, check_identity
from corpus.library.lock import WRITER, exclusive, seconds_until
from corpus.library.mark import check_mark, mark_of, read_mark, set_mark
from corpus.library.records import Incoming, PutResult
from corpus.library.rows.checksums import PASSAGE_COLUMNS, blob_checksum, row_checksum
from corpus.library.rows.values import check_passage
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite.database import as_database


class Writer:
    """The open transaction of one write. Obtained from writing(); everything in it is kept or none of it."""

    def __init__(self, before: Snapshot, connection: Connection, *, commit: int) -> None:
        self._db = connection
        self._commit = commit
        self.before = before
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
            """INSERT INTO articles VALUES (?, ?, ?)
               ON CONFLICT (article_id) DO UPDATE
               SET revision_id = excluded.revision_id, checksum = excluded.checksum""",
            (article.id, revision_id, row_checksum((article.id, revision_id))),
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
        """States what the passages and vectors in this library depend on from this commit on."""
        self._db.execute(
            "INSERT INTO meta VALUES ('identity', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (json.dumps(asdict(identity)),),
        )

    def _revision(self, article: Article, origin: str | None) -> int:
        """The id of the row that holds this text, its description brought up to date.

        The text is written again as well: what is there may have been damaged, which this mends.
        """
        skipped = json.dumps([[skip.span.start, skip.span.end, skip.reason] for skip in article.skipped])
        described = (
            article.id,
            article.revision,
            article.title,
            article.publisher,
            None if article.published_at is None else article.published_at.isoformat(),
            int(article.published_at_inferred),
            article.author,
            article.url,
            origin,
            skipped,
        )
        row = self._db.execute(
            """INSERT INTO revisions (article_id, sha256, title, publisher, published_at, published_at_inferred,
                                      author, url, origin, skipped, checksum, text)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (article_id, sha256) DO UPDATE SET
                   title = excluded.title, publisher = excluded.publisher, published_at = excluded.published_at,
                   published_at_inferred = excluded.published_at_inferred, author = excluded.author,
                   url = excluded.url, origin = excluded.origin, skipped = excluded.skipped,
                   checksum = excluded.checksum, text = excluded.text
               RETURNING revision_id""",
            (*described, row_checksum(described), article.text),
        ).fetchone()
        return int(row[0])

    def _add_passages(self, revision_id: int, incoming: Incoming) -> None:
        encoder = self.before.identity.encoder_sha256
        # as AUTOINCREMENT would number them, known beforehand for the checksums
        first = self.before.last_passage_id() + 1
        passages, vectors, pieces = list[Row](), list[Row](), list[Row]()
        rows = zip(incoming.spans, incoming.vectors, incoming.pieces, strict=True)
        for number, (span, vector, codes) in enumerate(rows, start=first):
            blob = vector.tobytes()
            held = (
                number,
                revision_id,
                span.start,
                span.end,
                None,
                blob_checksum(number, blob),
                blob_checksum(number, codes.places, codes.codes),
            )
            passages.append((*held, row_checksum(held)))
            vectors.append((number, encoder, blob))
            pieces.append((number, codes.places, codes.codes))
        self._db.executemany(
            """INSERT INTO passages (passage_id, revision_id, start, "end", retired_in, vector_checksum,
                                     pieces_checksum, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            passages,
        )
        self._db.executemany("INSERT INTO vectors VALUES (?, ?, ?)", vectors)
        self._db.executemany("INSERT INTO pieces VALUES (?, ?, ?)", pieces)

    def _retire(self, revision_id: int) -> None:
        rows = self._db.execute(
            f"SELECT {PASSAGE_COLUMNS}, p.checksum FROM passages p WHERE p.revision_id = ? AND p.retired_in IS NULL",  # noqa: S608 - fixed fragments only
            (revision_id,),
        ).fetchall()
        retired = []
        for row in rows:
            held = list(check_passage(row))
            held[4] = self._commit
            retired.append((self._commit, row_checksum(held), row[0]))
        self._db.executemany("UPDATE passages SET retired_in = ?, checksum = ? WHERE passage_id = ?", retired)
        for table in ("vectors", "pieces"):
            self._db.executemany(f"DELETE FROM {table} WHERE passage_id = ?", [(row[0],) for row in rows])  # noqa: S608 - one of two names


@contextmanager
def writing(where: Path | Database, *, wait_seconds: float) -> Iterator[Writer]:
    """One durable transaction: when the block ends, what it wrote is on disk; when it raises, nothing of it is.

    Only where LibraryUnavailable says that the server was lost while it committed, that is not certain.
    Waits up to `wait_seconds` for other writers, then raises LibraryBusy. Raises LibraryMissing or LibraryBroken.
    """
    deadline = time.monotonic() + wait_seconds
    database = as_database(where)
    home = database.home
    if not database.exists():
        check_mark(database, None, read_mark(home))
        raise missing(database)
    with _connected(database, deadline=deadline) as connection:
        with _transaction(database, connection, deadline=deadline):
            before = Snapshot(home, connection, dialect=database.dialect)
            check_mark(database, before, read_mark(home))
            commit = before.commit + 1
            connection.execute("UPDATE meta SET value = ? WHERE key = 'commit'", (commit,))
            connection.execute("INSERT INTO commits VALUES (?, ?)", (commit, secrets.token_hex(8)))
            yield Writer(before, connection, commit=commit)
            mark = mark_of(before, database)
        set_mark(home, mark)


def make_library(where: Path | Database, identity: Identity, *, wait_seconds: float) -> None:
    """Makes an empty library, or checks that the one already there has the same identity.

    Waits up to `wait_seconds` for other writers. Raises LibraryMismatch when it has another one, LibraryBusy, or what
    else `writing` does.
    """
    deadline = time.monotonic() + wait_seconds
    database = as_database(where)
    home = database.home
    check_home(home)
    with exclusive(home, WRITER, wait_seconds=wait_seconds):
        if not database.exists():
            check_mark(database, None, read_mark(home))
            database.create()
    with (
        _connected(database, deadline=deadline) as connection,
        _transaction(database, connection, deadline=deadline),
    ):
        before = Snapshot(home, connection, dialect=database.dialect)
        if connection.execute("SELECT 1 FROM meta WHERE key = 'identity'").fetchone() is None:
            Writer(before, connection, commit=0).set_identity(identity)
        else:
            check_identity(home, before.identity, wanted=identity)


@contextmanager
def _connected(database: Database, *, deadline: float) -> Iterator[Connection]:
    """A connection that may write, while no other process of this machine writes."""
    with exclusive(database.home, WRITER, wait_seconds=seconds_until(deadline)), translating(database):
        connection = database.connect(write=True)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _transaction(database: Database, connection: Connection, *, deadline: float) -> Iterator[None]:
    database.begin(connection, wait_seconds=seconds_until(deadline))
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
