"""A PostgreSQL that others use, too: what is theirs stays, connections are few, and no password is told."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from corpus.article import Article
from corpus.errors import LibraryError, LibraryMismatch
from corpus.library import reading
from corpus.library.choose import open_database, place_of
from corpus.library.moving.move import move
from corpus.library.postgres.database import Postgres
from corpus.library.reading import Library
from corpus.library.sqlite.database import Sqlite
from tests.corpus.test_library_samples import new_library, put
from tests.postgres import Server

ARTICLE = Article(id="a", text="The ferry sailed at noon.", title="Ferry")


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_database()


@contextmanager
def told(address: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection past the library."""
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def moved(home: Path, address: str) -> None:
    move(place_of(Sqlite(home)), place_of(open_database(home, address)), wait_seconds=5)


@pytest.mark.parametrize("schema", ["byline", "byline_incoming"])
def test_tables_of_another_program_are_never_dropped_nor_taken_for_ours(
    schema: str, address: str, tmp_path: Path
) -> None:
    put(new_library(Sqlite(tmp_path)), ARTICLE)
    with told(address) as other:
        other.execute(f"CREATE SCHEMA {schema}".encode())
        other.execute(f"CREATE TABLE {schema}.invoices AS SELECT 7 AS amount".encode())
        with pytest.raises(
            LibraryMismatch, match=rf"the schema {schema} of .* has tables \(invoices\) and is no library"
        ):
            moved(tmp_path, address)
        assert other.execute(f"TABLE {schema}.invoices".encode()).fetchall() == [(7,)]


def test_what_others_made_of_a_library_keeps_it_from_making_way(address: str, tmp_path: Path) -> None:
    put(new_library(Sqlite(tmp_path)), ARTICLE)
    moved(tmp_path, address)
    with told(address) as other:
        other.execute("CREATE VIEW public.titles AS SELECT title FROM byline.revisions")
        here = Library(Sqlite(tmp_path))
        with closing(here):
            put(Sqlite(tmp_path), Article(id="b", text="x", title="Later"))
        with pytest.raises(LibraryMismatch, match=r"beside the library; move that elsewhere: .*titles"):
            moved(tmp_path, address)
        assert other.execute("SELECT title FROM public.titles").fetchall() == [("Ferry",)]
        other.execute("DROP VIEW public.titles")
    moved(tmp_path, address)
    with closing(Library(Postgres(tmp_path, address))) as library, library.snapshot() as snapshot:
        assert snapshot.revision("b").article.title == "Later"


def test_a_library_that_lost_its_first_table_is_not_taken_for_none(address: str, tmp_path: Path) -> None:
    there = Postgres(tmp_path / "there", address)
    put(new_library(there), ARTICLE)
    put(new_library(Sqlite(tmp_path / "here")), ARTICLE)
    with told(address) as other:
        other.execute("DROP TABLE byline.layout")
        for attempt in (
            lambda: moved(tmp_path / "here", address),
            lambda: new_library(Postgres(tmp_path / "new", address)),
            lambda: Library(Postgres(tmp_path / "there", address)),
        ):
            with pytest.raises(LibraryMismatch, match="is no library: it is another program's, or damaged"):
                attempt()
        assert other.execute("SELECT count(*) FROM byline.revisions").fetchall() == [(1,)]


def test_connections_that_nobody_needs_any_more_are_given_back(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new_library(Postgres(tmp_path, address))
    put(place, ARTICLE)
    together = threading.Barrier(6)
    with closing(Library(place)) as library, told(address) as other:

        def read() -> None:
            with library.snapshot():
                together.wait()

        def count() -> int:
            row = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'byline%'"
            ).fetchone()
            assert row is not None
            return int(str(row[0]))

        readers = [threading.Thread(target=read) for _ in range(6)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert count() == 6
        monkeypatch.setattr(reading, "_IDLE_SECONDS", 0.0)
        with library.snapshot():
            pass
        deadline = time.monotonic() + 10
        while count() > 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert count() <= 1


def test_a_connection_that_failed_is_not_used_again(address: str, tmp_path: Path) -> None:
    place = new_library(Postgres(tmp_path, address))
    put(place, ARTICLE)
    with closing(Library(place)) as library:
        for _ in range(8):  # as often as the client prepares what it asks for
            with library.snapshot() as snapshot:
                snapshot.revision("a")
        with told(address) as other:
            other.execute("ALTER TABLE byline.revisions ALTER COLUMN published_at TYPE varchar(40)")
        with pytest.raises(LibraryError, match="cached plan"), library.snapshot() as snapshot:
            snapshot.revision("a")
        with library.snapshot() as snapshot:
            assert snapshot.revision("a").article == ARTICLE


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://byline:S3c/retPw@127.0.0.1:55432/news",
        "postgresql://byline:S3c@retPw@127.0.0.1:55432/news",
        "postgresql://byline:S3c?retPw@127.0.0.1:55432/news",
        "postgresql://byline:S3c#retPw@127.0.0.1:55432/news",
        "postgresql://127.0.0.1/?dbname=postgresql://x:S3cretPw@h/y",
        "dbname=postgresql://x:S3cretPw@h/y",
    ],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="%40") as caught:
        Postgres(tmp_path, address)
    told = str(caught.value)
    assert "S3c" not in told
    assert "retPw" not in told


@pytest.mark.parametrize("address", ["postgresql://a%40b:p%40w%2F@h:1/news", "host=h password='p@w://x' dbname=news"])
def test_an_encoded_password_is_none_of_the_name(address: str, tmp_path: Path) -> None:
    assert Postgres(tmp_path, address).name == "PostgreSQL's database news at h" + (":1" if "://a" in address else "")
