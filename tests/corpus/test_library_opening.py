"""Opening a library: missing, broken, another program's, a newer version's and another encoder's are told apart."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import CorpusError, LibraryBroken, LibraryError, LibraryMismatch, LibraryMissing, LibraryUnavailable
from corpus.library.dialect import Connection
from corpus.library.identity import Identity, check_identity
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import copy_out, put_back
from corpus.library.sqlite.database import Sqlite
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import IDENTITY, new_library, put


def read_everything(home: Path) -> list[str]:
    """What the library's own checks find after every revision was read."""
    library = Library(home)
    try:
        with library.snapshot() as snapshot:
            assert len(list(snapshot.revisions())) == snapshot.counts().revisions
            return snapshot.damage()
    finally:
        library.close()


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A library of many pages whose write-ahead log has been moved into its file."""
    home = new_library(tmp_path / "library")
    put(home, *(Article(id=f"a{n}", text=f"word{n} " * 200, title="t") for n in range(20)))
    with closing(sqlite3.connect(schema.database(home))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.mark.parametrize("what", ["no folder", "empty folder", "empty file", "unfinished file"])
def test_where_no_library_was_finished_reading_and_writing_say_it_is_missing(tmp_path: Path, what: str) -> None:
    home = tmp_path / "library"
    if what != "no folder":
        home.mkdir()
    if what == "empty file":
        schema.database(home).touch()
    if what == "unfinished file":
        with closing(sqlite3.connect(schema.database(home))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(LibraryMissing, match="no library here yet"):
        Library(home)
    with pytest.raises(LibraryMissing), writing(home, wait_seconds=5):
        pass
    make_library(home, IDENTITY, wait_seconds=5)
    assert read_everything(home) == []


def test_reading_where_there_is_no_library_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        Library(tmp_path / "library")
    assert list(tmp_path.iterdir()) == []


def test_a_library_whose_making_was_broken_off_before_its_identity_is_completed_by_making_it(tmp_path: Path) -> None:
    schema.create(tmp_path)
    with pytest.raises(LibraryBroken, match="does not say which encoder"), Library(tmp_path).snapshot() as snapshot:
        assert snapshot.identity
    make_library(tmp_path, IDENTITY, wait_seconds=5)
    with Library(tmp_path).snapshot() as snapshot:
        assert snapshot.identity == IDENTITY


@pytest.mark.parametrize(
    "content", [b"this is no database", b"\x00" * 8192, b"SQLite format 3\x00 but then nonsense" * 99]
)
def test_a_file_that_is_no_database_is_broken_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    schema.database(tmp_path).write_bytes(content)
    with pytest.raises(LibraryBroken):
        Library(tmp_path)
    with pytest.raises(LibraryBroken):
        make_library(tmp_path, IDENTITY, wait_seconds=5)
    with pytest.raises(LibraryBroken), writing(tmp_path, wait_seconds=5):
        pass
    assert schema.database(tmp_path).read_bytes() == content


def test_another_programs_database_is_broken_for_us_and_left_byte_for_byte_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(schema.database(tmp_path))) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.execute("INSERT INTO bookmarks VALUES ('https://example.org')")
        connection.commit()
    before = schema.database(tmp_path).read_bytes()
    with pytest.raises(LibraryBroken, match="not a Byline library"):
        Library(tmp_path)
    with pytest.raises(LibraryBroken, match="not a Byline library"):
        make_library(tmp_path, IDENTITY, wait_seconds=5)
    assert schema.database(tmp_path).read_bytes() == before


@pytest.mark.parametrize("kept", [50, 99, 100, 2048, 4096, 4097, 12_288, 65_536, 100_000])
def test_a_truncated_library_is_broken_and_never_looks_empty(full: Path, kept: int) -> None:
    file = schema.database(full)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(LibraryBroken):
        read_everything(full)


@pytest.mark.parametrize("page", range(12))
def test_an_overwritten_page_is_found_and_never_looks_like_an_empty_library(full: Path, page: int) -> None:
    file = schema.database(full)
    content = bytearray(file.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    file.write_bytes(content)
    try:
        found = read_everything(full)
    except LibraryBroken:
        return
    assert found


def test_the_checks_of_a_sound_library_find_nothing(full: Path) -> None:
    with Library(full).snapshot() as snapshot:
        assert snapshot.damage() == []


def test_a_row_that_points_nowhere_is_found(full: Path) -> None:
    with closing(sqlite3.connect(schema.database(full))) as connection:
        connection.execute("INSERT INTO articles VALUES ('ghost', 12345, 0)")
        connection.commit()
    with Library(full).snapshot() as snapshot:
        (found,) = snapshot.damage()
        assert "articles" in found
        assert "points nowhere" in found


def test_a_newer_versions_library_is_a_mismatch_that_says_so(full: Path) -> None:
    with closing(sqlite3.connect(schema.database(full))) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(LibraryMismatch, match="newer Byline"):
        Library(full)
    with pytest.raises(LibraryMismatch, match="newer Byline"), writing(full, wait_seconds=5):
        pass
    with pytest.raises(LibraryMismatch, match="newer Byline"):
        make_library(full, IDENTITY, wait_seconds=5)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (replace(IDENTITY, encoder_name="letters", encoder_sha256="ef" * 32), "letters .* is configured"),
        (replace(IDENTITY, dim=8), "dim = 4, but 8"),
        (replace(IDENTITY, max_pieces=128), "max_pieces = 64, but 128"),
        (replace(IDENTITY, max_tokens=80), "MAX_TOKENS = 40, but 80"),
        (replace(IDENTITY, overlap_tokens=0), "OVERLAP_TOKENS = 10, but 0"),
    ],
)
def test_another_encoder_or_other_limits_are_a_mismatch_that_names_both_values(
    full: Path, other: Identity, named: str
) -> None:
    with pytest.raises(LibraryMismatch, match=named):
        make_library(full, other, wait_seconds=5)
    with Library(full).snapshot() as snapshot:
        assert snapshot.identity == IDENTITY
        with pytest.raises(LibraryMismatch, match="byline rebuild --resplit"):
            check_identity(full, snapshot.identity, wanted=other)


def test_the_same_model_under_another_name_is_no_mismatch(full: Path) -> None:
    make_library(full, replace(IDENTITY, encoder_name="the same elsewhere"), wait_seconds=5)


def test_a_folder_in_the_place_of_the_database_is_an_error_of_ours(tmp_path: Path) -> None:
    schema.database(tmp_path).mkdir()
    with pytest.raises(LibraryError):
        Library(tmp_path)
    with pytest.raises(LibraryError):
        make_library(tmp_path, IDENTITY, wait_seconds=5)


def test_a_file_in_the_place_of_the_home_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("not a folder")
    with pytest.raises(CorpusError):
        Library(tmp_path / "library")
    with pytest.raises(LibraryUnavailable):
        make_library(tmp_path / "library", IDENTITY, wait_seconds=5)


class Meanwhile(Sqlite):
    """Something happens once, before it is connected to."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.happens: list[Callable[[], None]] = []

    def connect(self, *, write: bool) -> Connection:
        while self.happens:
            self.happens.pop()()
        return super().connect(write=write)


def test_a_library_that_is_restored_while_it_is_opened_is_not_taken_for_one_that_lost_commits(full: Path) -> None:
    copy = full.with_name("copy.sqlite3")
    copy_out(full, copy)
    put(full, Article(id="later", text="x", title="t"))
    database = Meanwhile(full)
    with closing(Library(database)) as library, library.snapshot() as before:
        assert before.has("later")
        database.happens.append(lambda: put_back(full, copy, wait_seconds=5))
        with library.snapshot() as after:
            assert not after.has("later")


def test_every_error_of_a_library_carries_its_folder(tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        Library(tmp_path)
    assert caught.value.home == tmp_path
    assert str(tmp_path) in str(caught.value)
