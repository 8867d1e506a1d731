"""Libraries of earlier versions open by themselves, lose nothing, and stay as they were where that is broken off."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryMismatch
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from corpus.library.writing import make_library
from indexing.ingest import Draft
from indexing.vectors.plan import BY_SIZE
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
from service.compose import Parts
from service.doctor.library import examine_library
from tests.corpus.test_library_samples import IDENTITY
from tests.fakes import WordEncoder, fake_parts
from tests.service.cli_runs import ROOT

EARLIER = Path(__file__).parent / "earlier"
FIRST = "The harbour reopened on Tuesday. Engineers had checked all 14 cranes."
TEXTS = {
    "harbour": "The harbour closed again on Friday. A crane had fallen.",
    "ferry": "The ferry sank on Monday. 😀\n\nSign up for our newsletter today.\n\nNobody was hurt.",
}
VERSIONS = pytest.mark.parametrize("version", range(1, schema.VERSION))


def made_by(version: int, home: Path) -> Path:
    home.mkdir()
    with closing(sqlite3.connect(schema.database(home))) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript((EARLIER / f"version-{version}.sql").read_text(encoding="utf-8"))
    return home


@contextmanager
def opened_parts(home: Path) -> Iterator[Parts]:
    parts = fake_parts(home, encoder=WordEncoder(dim=8), max_tokens=24, overlap_tokens=4)
    try:
        yield parts
    finally:
        parts.close()


def version_of(home: Path) -> int:
    with closing(sqlite3.connect(schema.database(home))) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def columns(home: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(schema.database(home))) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: {row[1] for row in database.execute(f"PRAGMA table_info({name})")} for name in tables}


def check_whole(home: Path) -> None:
    """Every text is there, the former one and the removed one as well, and what is current is found."""
    with opened_parts(home) as parts:
        with parts.library.snapshot() as snapshot:
            assert {one.id for one in snapshot.summaries()} == set(TEXTS)
            held = {revision.article.id: revision for revision in snapshot.revisions() if revision.current}
            assert {name: one.article.text for name, one in held.items()} == TEXTS
            former = [one for one in snapshot.revisions() if not one.current]
            assert [one.article.id for one in former] == ["harbour", "tunnel"]
            assert former[0].article.text.startswith(FIRST)
            assert snapshot.revision("harbour", former[0].sha256).article == former[0].article
        assert [finding for finding in examine_library(parts) if not finding.sound] == []
        assert parts.engine.search("ferry sank", k=1)[0].passage.article_id == "ferry"
        found = {hit.passage.text for hit in parts.engine.search("harbour engineers tunnel crane", k=50)}
        assert not any("Engineers" in text or "tunnel" in text for text in found)


def test_there_is_a_library_of_every_earlier_version() -> None:
    assert {file.stem for file in EARLIER.glob("*.sql")} == {f"version-{n}" for n in range(1, schema.VERSION)}


def test_a_library_of_the_last_version_opens_by_itself_and_is_searched(tmp_path: Path) -> None:
    home = made_by(2, tmp_path / "home")
    check_whole(home)
    assert version_of(home) == schema.VERSION
    with opened_parts(home) as parts:
        parts.ingester.put(Draft(Article("crane", "A crane fell on Sunday.", "Crane")))
        assert {hit.passage.article_id for hit in parts.engine.search("Sunday", k=1)} == {"crane"}
        parts.rebuild()
        assert [finding for finding in examine_library(parts) if not finding.sound] == []


def test_a_library_without_word_pieces_opens_and_is_searched_once_it_was_split_anew(tmp_path: Path) -> None:
    home = made_by(1, tmp_path / "home")
    with opened_parts(home) as parts:
        with parts.library.snapshot() as snapshot:
            last = snapshot.last_passage_id()
            assert snapshot.revision("ferry").article.text == TEXTS["ferry"]
        with pytest.raises(LibraryMismatch, match="run `byline rebuild --resplit`"):
            parts.engine.search("ferry", k=1)
    with opened_parts(home) as parts:
        assert set(parts.reingester.resplit()) == set(TEXTS)
        parts.rebuild()
        with parts.library.snapshot() as snapshot:
            assert snapshot.searchable(after=0, until=10**9).min() > last, "no number is given twice"
    check_whole(home)


@VERSIONS
def test_an_upgraded_library_has_the_tables_of_a_new_one(tmp_path: Path, version: int) -> None:
    home = made_by(version, tmp_path / "home")
    Library(home).close()
    make_library(tmp_path / "new", IDENTITY, wait_seconds=5)
    assert columns(home) == columns(tmp_path / "new")


@VERSIONS
def test_several_that_open_it_at_once_upgrade_it_once(tmp_path: Path, version: int) -> None:
    home = made_by(version, tmp_path / "home")
    with ThreadPoolExecutor(4) as pool:
        for library in pool.map(lambda _: Library(home), range(4)):
            with library.snapshot() as snapshot:
                assert list(snapshot.damaged_rows()) == []
            library.close()


_KILLED = """
import os, signal, sys
from pathlib import Path
from corpus.library.sqlite import schema
from corpus.library.sqlite.upgrading import upgrade
connection = schema.connect(Path(sys.argv[1]), write=True)
connection.execute("PRAGMA cache_size = 1")
upgrade(connection, before_commit=lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


@VERSIONS
def test_an_upgrade_that_is_killed_leaves_the_library_as_it_was(tmp_path: Path, version: int) -> None:
    home = made_by(version, tmp_path / "home")
    before = columns(home)
    command = [sys.executable, "-c", _KILLED, str(home)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (version_of(home), columns(home)) == (version, before)
    with Library(home).snapshot() as snapshot:
        assert snapshot.damage() == list(snapshot.damaged_rows()) == []
        assert snapshot.revision("ferry").article.text == TEXTS["ferry"]


@VERSIONS
def test_a_backup_of_it_leaves_it_as_it_is_and_is_restored_into_this_version(tmp_path: Path, version: int) -> None:
    home = made_by(version, tmp_path / "home")
    assert make_backup(home, tmp_path / "backup").library.version == version == version_of(home)
    restore_backup(tmp_path / "backup", tmp_path / "new", wait_seconds=5, plan=BY_SIZE)
    assert version_of(tmp_path / "new") == schema.VERSION
    with Library(tmp_path / "new").snapshot() as snapshot:
        assert snapshot.revision("ferry").article.text == TEXTS["ferry"]
    Library(home).close()
    restore_backup(tmp_path / "backup", home, replace=True, wait_seconds=5, plan=BY_SIZE)
    assert version_of(home) == schema.VERSION
