"""Libraries in PostgreSQL, opened, written to and asked."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from corpus.article import Article
from corpus.library.postgres.database import Postgres
from corpus.library.reading import Library
from corpus.library.writing import writing
from tests.corpus.test_library_samples import incoming

ARTICLE = Article(id="a", text="The ferry sailed at noon.", title="Ferry")
KEEPS = {"fsync": "on", "full_page_writes": "on"}
PASSWORD = "correct horse"  # noqa: S105 - what must not be told


@contextmanager
def opened(place: Postgres) -> Iterator[Library]:
    with closing(Library(place)) as library:
        yield library


@contextmanager
def told(address: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection past the library."""
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def title(library: Library) -> str:
    with library.snapshot() as snapshot:
        return snapshot.revision("a").article.title


def put_now(place: Postgres) -> None:
    with writing(place, wait_seconds=0.05) as writer:
        writer.put(incoming(Article(id="b", text="x", title="t")))
