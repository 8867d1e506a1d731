"""What is asked of the library for one article is found by keys: it takes as long among a million as among ten."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.library.records import Filters
from corpus.library.rows.verified import Verified
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite import schema
from corpus.library.sqlite.dialect import SQLITE

ARTICLE = Article(id="a", text="The ferry sailed at noon.", title="News")
QUESTIONS: dict[str, Callable[[Snapshot], object]] = {
    "holds": lambda snapshot: snapshot.holds(ARTICLE),
    "has": lambda snapshot: snapshot.has("a"),
    "origin": lambda snapshot: snapshot.origin("a"),
    "passage_count": lambda snapshot: snapshot.passage_count("a"),
    "passages_of": lambda snapshot: snapshot.passages_of("a"),
    "passages": lambda snapshot: snapshot.passages([1, 2]),
    "attributes": lambda snapshot: snapshot.attributes([1, 2]),
    "searchable_among": lambda snapshot: snapshot.searchable_among([1, 2]),
    "summaries": lambda snapshot: snapshot.summaries(after="a", limit=1),
}


def settled(home: Path, connection: sqlite3.Connection) -> Snapshot:
    """As in a process that has compared rows and indexes, which it does once."""
    verified = Verified()
    verified.check_agreement(connection, SQLITE)
    return Snapshot(home, connection, verified, dialect=SQLITE)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_table_is_read_from_end_to_end_for_one_article(tmp_path: Path, name: str) -> None:
    schema.create(tmp_path)
    with closing(sqlite3.connect(schema.database(tmp_path))) as connection:
        snapshot, asked = settled(tmp_path, connection), list[str]()
        connection.set_trace_callback(asked.append)
        QUESTIONS[name](snapshot)
        connection.set_trace_callback(None)
        assert asked
        for statement in asked:
            steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert not [step for step in steps if step.startswith("SCAN")], (statement, steps)


def test_publishers_are_counted_in_the_order_of_their_index_without_a_row_of_an_article(tmp_path: Path) -> None:
    schema.create(tmp_path)
    with closing(sqlite3.connect(schema.database(tmp_path))) as connection:
        snapshot, asked = settled(tmp_path, connection), list[str]()
        connection.set_trace_callback(asked.append)
        snapshot.publishers(after="a", limit=1)
        connection.set_trace_callback(None)
        (statement,) = asked
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert "SEARCH revisions USING COVERING INDEX revisions_publisher (publisher>?)" in steps
        assert not [step for step in steps if "TEMP B-TREE" in step]


def test_filters_of_what_is_newer_begin_with_that_and_not_with_all_that_a_publisher_has(tmp_path: Path) -> None:
    schema.create(tmp_path)
    with closing(sqlite3.connect(schema.database(tmp_path))) as connection:
        snapshot, asked = settled(tmp_path, connection), list[str]()
        connection.set_trace_callback(asked.append)
        snapshot.matching(Filters(publishers=("Tide",), article_ids=("a", "b")), after=9)
        connection.set_trace_callback(None)
        (statement,) = asked
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert [step for step in steps if step.startswith("SEARCH ")] == [
            "SEARCH p USING INTEGER PRIMARY KEY (rowid>?)",
            "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
        ]
