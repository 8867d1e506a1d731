"""What SQLite does not notice: values that changed, rows that an index lost, commits and files that are gone."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryMissing
from corpus.library.mark import FILE_NAME, read_mark
from corpus.library.reading import Library
from corpus.library.records import Filters, PutResult
from corpus.library.rows.checksums import blob_checksum, row_checksum, seal
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite import schema
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import IDENTITY, new_library, put, remove

BOTH = (
    Article(id="harbour", text="The harbour reopened.", title="Harbour", publisher="Courier"),
    Article(id="ferry", text="The ferry sank.", title="Ferry", publisher="Tide"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = new_library(tmp_path / "library")
    put(made, *BOTH)
    return made


def change(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(schema.database(home))) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount != 0


def read(home: Path, act: Callable[[Snapshot], object]) -> object:
    with closing(Library(home)) as library, library.snapshot() as snapshot:
        return act(snapshot)


READS: dict[str, tuple[str, Callable[[Snapshot], object]]] = {
    "text": ("UPDATE revisions SET text = 'The ferry sang.' WHERE article_id = 'ferry'", lambda s: s.revision("ferry")),
    "words of a passage": (
        "UPDATE revisions SET text = 'The ferry sang.' WHERE article_id = 'ferry'",
        lambda s: s.passages([4]),
    ),
    "words that are indexed": (
        "UPDATE revisions SET text = 'The ferry sang.' WHERE article_id = 'ferry'",
        lambda s: s.vectors_after(0),
    ),
    "title": ("UPDATE revisions SET title = 'Fairy' WHERE article_id = 'ferry'", lambda s: s.passages([4])),
    "publisher of a listing": (
        "UPDATE revisions SET publisher = 'T' WHERE article_id = 'ferry'",
        lambda s: s.summaries(),
    ),
    "author": ("UPDATE revisions SET author = 'A' WHERE article_id = 'ferry'", lambda s: s.revision("ferry")),
    "start": ("UPDATE passages SET start = 1 WHERE passage_id = 4", lambda s: s.passages([4])),
    "whose passage it is": ("UPDATE passages SET revision_id = 1 WHERE passage_id = 4", lambda s: s.passages([4])),
    "retired": ("UPDATE passages SET retired_in = 1 WHERE passage_id = 4", lambda s: s.passages([4])),
    "vector": ("UPDATE vectors SET vector = zeroblob(8) WHERE passage_id = 4", lambda s: s.vectors_after(0)),
    "swapped vector": (
        "UPDATE vectors SET vector = (SELECT vector FROM vectors WHERE passage_id = 1) WHERE passage_id = 4",
        lambda s: s.vectors_after(0),
    ),
    "pieces": ("UPDATE pieces SET codes = x'00' WHERE passage_id = 4", lambda s: s.pieces([4])),
    "swapped pieces": (
        """UPDATE pieces SET codes = (SELECT codes FROM pieces WHERE passage_id = 2),
           places = (SELECT places FROM pieces WHERE passage_id = 2) WHERE passage_id = 4""",
        lambda s: s.pieces([4]),
    ),
    "which revision": ("UPDATE articles SET revision_id = 1 WHERE article_id = 'ferry'", lambda s: s.revision("ferry")),
    "identity": ("UPDATE meta SET value = '{\"dim' WHERE key = 'identity'", lambda s: s.identity),
    "commit": ("UPDATE meta SET value = 0 WHERE key = 'commit'", lambda s: s.commit),
    "half a character": (
        "UPDATE revisions SET title = CAST(x'ff41' AS TEXT) WHERE article_id = 'ferry'",
        lambda s: s.revision("ferry"),
    ),
    "article gone": ("DELETE FROM articles WHERE article_id = 'ferry'", lambda s: s.revision("ferry")),
    "revision gone": (
        "DELETE FROM revisions WHERE article_id = 'ferry'",
        lambda s: s.matching(Filters(publishers=("Tide",))),
    ),
}


@pytest.mark.parametrize("name", READS)
def test_a_value_that_is_not_what_was_written_is_never_read(home: Path, name: str) -> None:
    statement, act = READS[name]
    read(home, act)
    change(home, statement)
    with pytest.raises(LibraryBroken) as caught:
        read(home, act)
    assert str(home) in str(caught.value)
    assert "byline" in str(caught.value), "it says what to do"


@pytest.mark.parametrize("index", ["revisions_published", "revisions_publisher", "passages_revision"])
def test_a_row_that_an_index_lost_is_missed_where_filters_and_listings_go_by_it(home: Path, index: str) -> None:
    with closing(sqlite3.connect(schema.database(home))) as database:
        database.execute("PRAGMA writable_schema = ON")
        sql = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (index,)).fetchone()[0]
        # an index that leaves out the second row, under the name and form of the whole one
        database.execute(f"DROP INDEX {index}")
        table, column = sql.split(" ON ")[1].rstrip(")").split(" (")
        database.execute(f"CREATE INDEX {index} ON {table} ({column}) WHERE rowid = 1")
        database.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, index))
        database.commit()
    for act in (lambda s: s.matching(Filters(publishers=("Tide",))), lambda s: s.summaries(), lambda s: s.publishers()):
        with pytest.raises(LibraryBroken, match=index):
            read(home, act)


def test_sealing_gives_the_checksums_that_writing_gave(home: Path) -> None:
    remove(home, "harbour")
    with closing(sqlite3.connect(schema.database(home))) as database, database:
        queries = ("SELECT * FROM articles", "SELECT * FROM revisions", "SELECT * FROM passages")
        before = [database.execute(query).fetchall() for query in queries]
        seal(database)
        after = [database.execute(query).fetchall() for query in queries]
    # what is stored for a passage goes when it is retired, and its checksums with the next sealing
    assert before[:2] == after[:2]
    assert [row for row in before[2] if row[4] is None] == [row for row in after[2] if row[4] is None]
    assert read(home, lambda s: list(s.damaged_rows())) == []


def test_checksums_tell_values_apart_that_look_alike() -> None:
    rows = [("a", "b"), ("ab", ""), ("a", None, "b"), ("a", 1), ("a", "1"), (None,), ("None",), ()]
    assert len({row_checksum(row) for row in rows}) == len(rows)
    assert blob_checksum(1, b"ab") != blob_checksum(2, b"ab")
    assert blob_checksum(1, b"a", b"b") != blob_checksum(1, b"b", b"a")


def test_commits_that_were_acknowledged_and_are_gone_are_missed_by_who_reads_and_who_writes(home: Path) -> None:
    shutil.copytree(home, home.with_name("older"))
    put(home, Article(id="crane", text="A crane fell.", title="Crane"))
    mark = read_mark(home)
    assert mark is not None
    shutil.copyfile(schema.database(home.with_name("older")), schema.database(home))
    for attempt in (lambda: Library(home), lambda: put(home, BOTH[0])):
        with pytest.raises(LibraryBroken, match=f"up to commit {mark.commit}"):
            attempt()
    (home / FILE_NAME).unlink()
    put(home, Article(id="bridge", text="A bridge closed.", title="Bridge"))
    assert [one.id for one in read(home, lambda s: s.summaries())] == ["bridge", "ferry", "harbour"]  # type: ignore[attr-defined]


def test_a_library_that_is_gone_is_not_taken_for_one_that_was_never_made(home: Path) -> None:
    schema.database(home).unlink()
    with pytest.raises(LibraryBroken, match="is gone"):
        Library(home)
    with pytest.raises(LibraryBroken, match="is gone"):
        make_library(home, IDENTITY, wait_seconds=5)
    with pytest.raises(LibraryBroken, match="is gone"), writing(home, wait_seconds=5):
        pass
    assert not schema.database(home).exists()
    (home / FILE_NAME).unlink()
    with pytest.raises(LibraryMissing):
        Library(home)


@pytest.mark.parametrize("content", ["", "nonsense", "00000000 {}", '12345678 {"library_id": "a"}', "\x00" * 100])
def test_a_mark_that_is_damaged_is_none(home: Path, content: str) -> None:
    (home / FILE_NAME).write_text(content)
    assert read_mark(home) is None
    put(home, Article(id="crane", text="A crane fell.", title="Crane"))
    mark = read_mark(home)
    assert mark is not None
    assert mark.commit == read(home, lambda s: s.commit)


def test_another_librarys_mark_says_nothing_of_this_one(home: Path, tmp_path: Path) -> None:
    other = new_library(tmp_path / "other")
    put(other, *BOTH)
    put(other, Article(id="crane", text="A crane fell.", title="Crane"))
    shutil.copyfile(other / FILE_NAME, home / FILE_NAME)
    Library(home).close()


def test_an_article_whose_text_is_damaged_is_mended_by_storing_it_again(tmp_path: Path) -> None:
    home = new_library(tmp_path / "library")
    ferry = Article(id="ferry", text="The ferry sank on Monday.", title="Ferry")
    put(home, ferry)
    with closing(sqlite3.connect(schema.database(home))) as database, database:
        database.execute("UPDATE revisions SET text = replace(text, 'Monday', 'Sunday')")
    with (
        pytest.raises(LibraryBroken, match="the text of article ferry"),
        closing(Library(home)) as library,
        library.snapshot() as snapshot,
    ):
        snapshot.revision("ferry")
    assert put(home, ferry) == [PutResult.UPDATED]
    with closing(Library(home)) as library, library.snapshot() as snapshot:
        assert snapshot.revision("ferry").article == ferry
        assert [row.text for row in snapshot.passages_of("ferry")]
        assert list(snapshot.damaged_rows()) == []
