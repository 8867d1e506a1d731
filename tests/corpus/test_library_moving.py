"""Moving a library between SQLite and PostgreSQL: all of it, there and back, whenever it is broken off."""

import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryBusy, LibraryMismatch
from corpus.library.choose import open_database, place_of
from corpus.library.database import Database
from corpus.library.mark import read_mark
from corpus.library.moving.move import Moved, move
from corpus.library.moving.rowwise import TABLES
from corpus.library.postgres import tables
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from corpus.library.sqlite.database import Sqlite
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import IDENTITY, incoming, new_library, put, remove
from tests.postgres import Server

MOVE = """
import os, signal, sys
from pathlib import Path
from corpus.library.choose import open_database, place_of
from corpus.library.moving.move import move
from corpus.library.sqlite.database import Sqlite
home, address, to, at, nth = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
places = [place_of(Sqlite(home)), place_of(open_database(home, address))]
calls = 0
def on_step(what, done, total):
    global calls
    calls += what == at
    if calls == nth:
        os.kill(os.getpid(), signal.SIGKILL)
source, target = places if to == "postgresql" else reversed(places)
if at == "placing":
    target.discard = lambda: os.kill(os.getpid(), signal.SIGKILL)
move(source, target, wait_seconds=5, on_step=on_step)
"""
"""A process that is killed at the n-th step of a kind: HOME ADDRESS TO KIND N."""
DIRECTIONS = ("postgresql", "sqlite")


class Two:
    """One machine with a database of each kind, of which either is the source."""

    def __init__(self, home: Path, address: str) -> None:
        self.home, self.address = home, address
        self.sqlite: Database = Sqlite(home)
        self.postgres = open_database(home, address)

    def move(
        self, to: str, *, wait_seconds: float = 5, on_step: Callable[[str, int, int], None] = lambda *_: None
    ) -> Moved:
        source, target = self.ordered(to)
        return move(place_of(source), place_of(target), wait_seconds=wait_seconds, on_step=on_step)

    def ordered(self, to: str) -> tuple[Database, Database]:
        return (self.sqlite, self.postgres) if to == "postgresql" else (self.postgres, self.sqlite)

    def killed(self, to: str, *, at: str, call: int) -> None:
        """A move by a process that is killed at the n-th step of a kind."""
        arguments = [str(self.home), self.address, to, at, str(call)]
        done = subprocess.run([sys.executable, "-c", MOVE, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def two(postgres: Server, tmp_path: Path) -> Two:
    return Two(tmp_path / "home", postgres.new_database())


def fill(place: Database) -> None:
    """More passages than are copied at a time, former revisions, a removed article, and every kind of description."""
    new_library(place)
    words = " ".join(f"w{number} 서울 😀" for number in range(40))
    put(place, *(Article(id=f"a{n}", text=f"{n} {words}", title="T\u00e9", publisher="P") for n in range(10)))
    put(place, Article(id="a3", text="Other words.", title="t"), origin="/news/a3.txt")
    remove(place, "a4")


def told(place: Database) -> list[object]:
    """All that a library tells of itself."""
    with closing(Library(place)) as library, library.snapshot() as snapshot:
        vectors = snapshot.vectors_after(0)
        ids = vectors.ids.tolist()
        return [
            (snapshot.library_id, snapshot.commit, snapshot.token, snapshot.identity, snapshot.counts()),
            snapshot.last_passage_id(),
            list(snapshot.revisions()),
            snapshot.summaries(),
            snapshot.passages(list(range(snapshot.last_passage_id() + 2))),
            (ids, vectors.vectors.tobytes(), vectors.titles, vectors.texts),
            (snapshot.retired_after(0).tolist(), snapshot.origin("a3"), list(snapshot.damaged_rows())),
        ]


def dump(home: Path) -> list[list[tuple[object, ...]]]:
    """Every row of a file."""
    with closing(sqlite3.connect(schema.database(home))) as connection:
        return [connection.execute(f"SELECT * FROM {table.name} ORDER BY 1, 2").fetchall() for table in TABLES]  # noqa: S608 - fixed names


def test_a_library_that_moved_tells_the_same_and_every_row_that_comes_back_is_the_one_that_left(two: Two) -> None:
    fill(two.sqlite)
    before, rows = told(two.sqlite), dump(two.home)
    there = two.move("postgresql")
    assert told(two.postgres) == before
    counts = {one.table: one.rows for one in there.checksums}
    assert counts == {table.name: len(of) for table, of in zip(TABLES, rows, strict=True)}
    schema.database(two.home).unlink()
    back = two.move("sqlite")
    assert back.checksums == there.checksums
    assert (told(two.sqlite), dump(two.home)) == (before, rows)


def test_what_is_moved_is_every_column_of_every_table_of_either(two: Two) -> None:
    new_library(two.sqlite)
    (two.home / "library.commit").unlink(missing_ok=True)
    new_library(two.postgres)
    moved = {table.name: set(table.columns) for table in TABLES}
    with closing(sqlite3.connect(schema.database(two.home))) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        in_sqlite = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in names}
    with psycopg.connect(two.address) as other:
        in_postgres: dict[str, set[str]] = {}
        for table, column in other.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'byline'"
        ):
            in_postgres.setdefault(table, set()).add(column)
    assert in_sqlite.pop("sqlite_sequence")
    assert in_postgres.pop("layout")
    assert in_sqlite == in_postgres == moved
    assert schema.VERSION == tables.VERSION


@pytest.mark.parametrize("to", DIRECTIONS)
def test_a_library_that_moved_is_written_on_with_ids_and_commits_that_follow(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.move(to)
    last, commit = told(source)[1], told(source)[0][1]  # type: ignore[index]
    put(target, Article(id="later", text="one two", title="t"), Article(id="a5", text="three", title="t"))
    with closing(Library(target)) as library, library.snapshot() as snapshot:
        assert [row.passage_id for row in snapshot.passages_of("later")] == [last + 1, last + 2]  # type: ignore[operator]
        assert snapshot.commit == commit + 1
    where = re.escape(f"they went to {target.name}, where this library was moved to")
    for attempt in (lambda: Library(source), lambda: put(source, Article(id="b", text="x", title="t"))):
        with pytest.raises(LibraryBroken, match=where):
            attempt()


@pytest.mark.parametrize("to", DIRECTIONS)
def test_a_move_that_is_killed_three_times_goes_on_where_it_was_and_ends_the_same(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    before = told(source)
    for at, call in (("Copying", 3), ("Copying", 9), ("Comparing", 5)):
        two.killed(to, at=at, call=call)
        assert not target.exists()
        assert told(source) == before
    whole = two.move(to)
    assert whole.resumed == sum(one.rows for one in whole.checksums)
    assert told(target) == told(source) == before


@pytest.mark.parametrize("to", DIRECTIONS)
def test_what_is_told_of_a_move_never_exceeds_all_rows_broken_off_or_not(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.killed(to, at="Copying", call=9)
    steps = list[tuple[str, int, int]]()
    moved = two.move(to, on_step=lambda what, done, total: steps.append((what, done, total)))
    rows = sum(one.rows for one in moved.checksums)
    assert 0 < moved.resumed < rows
    assert max(done for what, done, _ in steps if what == "Copying") == rows
    assert all(done <= total for _, done, total in steps)
    assert told(target) == told(source)


@pytest.mark.parametrize("to", DIRECTIONS)
def test_a_move_that_is_killed_once_the_copy_is_in_place_is_done_by_the_next_try(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.killed(to, at="placing", call=-1)
    assert told(target) == told(source)
    assert two.move(to).commit == 3
    assert not place_of(target).incoming.exists()


@pytest.mark.parametrize("to", DIRECTIONS)
def test_what_was_copied_of_an_earlier_commit_is_not_mixed_with_a_later_one(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.killed(to, at="Copying", call=9)
    remove(source, "a0")
    put(source, Article(id="a1", text="Entirely different.", title="t"))
    assert two.move(to).resumed == 0
    assert told(target) == told(source)


@pytest.mark.parametrize("to", DIRECTIONS)
def test_nobody_writes_to_either_side_meanwhile_and_whoever_reads_goes_on(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.move(to)
    put(source, Article(id="later", text="one two", title="t"))
    before, seen = told(source), list[str]()
    # another machine, which the lock file of this one does not keep out
    elsewhere = open_database(two.home.with_name("other"), two.address)

    def on_step(what: str, _done: int, _total: int) -> None:
        if what in seen:
            return
        seen.append(what)
        for place in (source, target, elsewhere):
            with pytest.raises(LibraryBusy), writing(place, wait_seconds=0.05) as writer:
                writer.put(incoming(Article(id="meanwhile", text="x", title="t")))
        assert told(source) == before

    two.move(to, on_step=on_step)
    assert seen == ["Copying", "Comparing"]
    assert told(target) == before


@pytest.mark.parametrize("to", DIRECTIONS)
def test_another_library_in_the_target_is_left_alone(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    (two.home / "library.commit").unlink()
    make_library(target, replace(IDENTITY, max_tokens=99), wait_seconds=5)
    before = told_in_short(target)
    (two.home / "library.commit").unlink(missing_ok=True)
    with pytest.raises(LibraryMismatch, match="has another library"):
        two.move(to)
    assert told_in_short(target) == before


def told_in_short(place: Database) -> object:
    with closing(Library(place)) as library, library.snapshot() as snapshot:
        return snapshot.library_id, snapshot.counts(), snapshot.identity


@pytest.mark.parametrize("to", DIRECTIONS)
def test_an_earlier_state_of_the_same_library_makes_way_and_a_different_later_one_does_not(two: Two, to: str) -> None:
    source, target = two.ordered(to)
    fill(source)
    two.move(to)
    put(source, Article(id="later", text="one two", title="t"))
    two.move(to)
    assert told(target) == told(source)
    put(source, Article(id="here", text="x", title="t"))
    (two.home / "library.commit").unlink()
    put(target, Article(id="there", text="x", title="t"))
    (two.home / "library.commit").unlink()
    before = told(target)
    with pytest.raises(LibraryMismatch, match="changes of this library that the source lacks, up to commit 5"):
        two.move(to)
    assert told(target) == before


def test_a_copy_that_differs_is_not_put_in_place_and_not_gone_on_with(two: Two) -> None:
    fill(two.sqlite)
    two.killed("postgresql", at="Comparing", call=1)
    with psycopg.connect(two.address, autocommit=True) as connection:
        connection.execute("UPDATE byline_incoming.pieces SET codes = '\\x00' WHERE passage_id = 7")
    with pytest.raises(LibraryBroken, match=r"the copy has \d+ rows of pieces .*; it was not put in place"):
        two.move("postgresql")
    assert not two.postgres.exists()
    assert two.move("postgresql").resumed == 0
    assert told(two.postgres) == told(two.sqlite)


def test_readers_of_a_library_that_makes_way_go_over_to_the_one_in_its_place(two: Two) -> None:
    fill(two.sqlite)
    two.move("postgresql")
    with closing(Library(two.postgres)) as library:
        with library.snapshot() as snapshot:
            assert not snapshot.has("later")
        put(two.sqlite, Article(id="later", text="one two", title="t"))
        two.move("postgresql")
        with library.snapshot() as snapshot:
            assert snapshot.has("later")


def test_a_reader_under_way_is_waited_for_is_not_failed_and_holds_no_other_reader_up(two: Two) -> None:
    fill(two.sqlite)
    two.move("postgresql")
    elsewhere = open_database(two.home.with_name("other"), two.address)
    before = told(elsewhere)
    put(two.sqlite, Article(id="later", text="one two", title="t"))
    with closing(Library(elsewhere)) as library:
        with library.snapshot() as snapshot:
            # one table is held, and others are asked for while it makes way
            assert snapshot.commit == 3
            mover = threading.Thread(target=two.move, args=("postgresql",), kwargs={"wait_seconds": 30})
            mover.start()
            waited, until = list[float](), time.monotonic() + 4
            while time.monotonic() < until:
                began = time.monotonic()
                assert told(elsewhere) == before
                waited.append(time.monotonic() - began)
            assert mover.is_alive()
            assert snapshot.summaries()
            assert snapshot.passages_of("a3")
        mover.join()
        # a look at everything takes locks a few times, and this machine may be busy
        assert max(waited) < 5
    assert told(two.postgres) == told(two.sqlite)


def test_a_reader_that_does_not_end_keeps_what_is_there_in_place_and_the_mark(two: Two) -> None:
    fill(two.sqlite)
    two.move("postgresql")
    put(two.sqlite, Article(id="later", text="one two", title="t"))
    mark = read_mark(two.home)
    with closing(Library(open_database(two.home.with_name("other"), two.address))) as library:
        with library.snapshot() as snapshot:
            assert snapshot.commit == 3
            with pytest.raises(LibraryBusy, match=r"another process is reading this library: byline: .*process \d+"):
                two.move("postgresql", wait_seconds=0.3)
            assert not snapshot.has("later")
        assert read_mark(two.home) == mark is not None
        assert two.move("postgresql").resumed
        with library.snapshot() as snapshot:
            assert snapshot.has("later")


def test_a_library_that_is_nowhere_it_should_be_is_told_of_with_where_it_is(two: Two) -> None:
    fill(two.sqlite)
    with pytest.raises(LibraryBroken, match="has no library; `byline migrate postgresql` moves the one of this"):
        Library(two.postgres)
    two.move("postgresql")
    schema.database(two.home).unlink()
    where = re.escape(f"library.sqlite3 has no library: that of this folder is in {two.postgres.name}; set BYLINE_LIB")
    with pytest.raises(LibraryBroken, match=where):
        Library(two.sqlite)
    with psycopg.connect(two.address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA byline CASCADE")
    with pytest.raises(LibraryBroken, match="is gone; `byline restore` puts a backup in its place") as refused:
        Library(open_database(two.home, two.address))
    assert "migrate" not in str(refused.value)
