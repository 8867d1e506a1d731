"""Restoring: a backup is checked before it is used, and takes the place of a former library in one step."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.errors import LibraryBusy, LibraryUnavailable
from corpus.library.lock import WRITER, exclusive
from corpus.library.sqlite import schema
from indexing.generations.manifest import CURRENT, FOLDER
from indexing.vectors.plan import BY_SIZE
from service.backup.errors import BackupBroken, BackupExists
from service.backup.making import make_backup
from service.backup.manifest import MANIFEST
from service.backup.restoring import restore_backup
from service.feedback.store import FEEDBACK, add_feedback, read_feedback
from service.keys.store import KEYS
from service.side_file import files_beside
from tests.service.backup.homes import FILES, ids, put, rebuild, restored


def test_a_backup_of_a_home_without_feedback_restores_to_one_without(tmp_path: Path) -> None:
    put(tmp_path / "home", "harbour")
    assert make_backup(tmp_path / "home", tmp_path / "backup").feedback == 0
    restored(tmp_path / "backup", tmp_path / "new")
    assert ids(tmp_path / "new") == ["harbour"]
    assert not FEEDBACK.of(tmp_path / "new").exists()


def test_what_is_restored_where_nothing_was_is_searched_by_indexes_of_its_own(backup: Path, tmp_path: Path) -> None:
    done = restored(backup, tmp_path / "new")
    assert done.generation == 1
    assert ids(tmp_path / "new") == ["ferry", "harbour"]
    assert [entry.json for entry in read_feedback(tmp_path / "new")] == ['{"question": "Who?"}']
    put(tmp_path / "new", "crane")
    assert ids(tmp_path / "new") == ["crane", "ferry", "harbour"]


def damaged(file: Path) -> None:
    add_feedback(file.parent, '{"question": "When?"}')
    file.write_bytes(file.read_bytes()[:100] + b"?" * 5000)


def another_programs(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript("CREATE TABLE letters (text); PRAGMA application_id = 7")


def of_a_newer_byline(file: Path) -> None:
    add_feedback(file.parent, '{"question": "When?"}')
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")


def only_its_log(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE feedback (other)")
        log = file.with_name(f"{file.name}-wal")
        content = log.read_bytes()
    file.unlink()
    log.write_bytes(content)


@pytest.mark.parametrize("former", [damaged, another_programs, of_a_newer_byline, only_its_log, Path.touch])
def test_whatever_lies_in_the_place_of_the_feedback_makes_way_for_the_restored(
    backup: Path, tmp_path: Path, former: Callable[[Path], object]
) -> None:
    file = FEEDBACK.of(tmp_path / "new")
    file.parent.mkdir()
    former(file)
    restored(backup, tmp_path / "new", replace=True)
    assert [entry.json for entry in read_feedback(tmp_path / "new")] == ['{"question": "Who?"}']
    assert [one.name for one in files_beside(file) if one.exists() and one.stat().st_size] == []


def test_a_former_library_is_replaced_only_if_that_is_asked_for_and_nothing_newer_comes_back(
    home: Path, backup: Path
) -> None:
    put(home, "crane")
    rebuild(home)
    add_feedback(home, '{"question": "When?"}')
    with pytest.raises(BackupExists, match="--replace"):
        restored(backup, home)
    assert ids(home) == ["crane", "ferry", "harbour"]
    assert restored(backup, home, replace=True).generation == 3
    assert ids(home) == ["ferry", "harbour"]
    assert len(list(read_feedback(home))) == 1
    assert KEYS.of(home).exists()
    # another history takes the numbers that the former one had given
    put(home, "bridge")
    assert ids(home) == ["bridge", "ferry", "harbour"]


def test_indexes_that_are_of_the_restored_history_are_kept(home: Path, backup: Path) -> None:
    put(home, "crane")
    assert restored(backup, home, replace=True).generation is None
    assert ids(home) == ["ferry", "harbour"]


def test_indexes_that_cannot_be_trusted_are_made_anew(home: Path, backup: Path) -> None:
    (home / FOLDER / CURRENT).write_text("nonsense")
    assert restored(backup, home, replace=True).generation == 2
    assert ids(home) == ["ferry", "harbour"]


def test_feedback_alone_is_not_replaced_unasked_either(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    add_feedback(tmp_path / "new", "{}")
    with pytest.raises(BackupExists, match="feedback"):
        restored(backup, tmp_path / "new")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "missing"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(home: Path, backup: Path, name: str, how: str) -> None:
    file = backup / name
    content = file.read_bytes()
    middle = len(content) // 2
    if how == "missing":
        file.unlink()
    else:
        damaged = {"flipped": content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :],
                   "cut": content[:middle], "emptied": b""}  # fmt: skip
        file.write_bytes(damaged[how])
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(BackupBroken) as caught:
        restored(backup, home, replace=True)
    assert str(backup) in str(caught.value)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_manifest_that_tells_of_another_library_is_refused(home: Path, backup: Path) -> None:
    raw = json.loads((backup / MANIFEST).read_text())
    raw["library"]["counts"]["articles"] = 3
    (backup / MANIFEST).write_text(json.dumps(raw))
    with pytest.raises(BackupBroken, match="something else"):
        restored(backup, home, replace=True)


def test_a_restoration_waits_for_who_writes_and_then_gives_up(home: Path, backup: Path) -> None:
    with exclusive(home, WRITER, wait_seconds=0), pytest.raises(LibraryBusy):
        restore_backup(backup, home, replace=True, wait_seconds=0, plan=BY_SIZE)
    assert ids(home) == ["ferry", "harbour"]


@pytest.mark.parametrize("content", [b"", b"no database" * 1000, b"SQLite format 3\x00" + b"\xa5" * 9000])
def test_a_library_that_cannot_be_opened_makes_way(home: Path, backup: Path, content: bytes) -> None:
    schema.database(home).write_bytes(content)
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]


def test_a_library_that_cannot_be_opened_makes_no_way_while_a_process_holds_it(home: Path, backup: Path) -> None:
    holds = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM articles").fetchone()
print("open", flush=True)
sys.stdin.read()
"""
    file = schema.database(home)
    with subprocess.Popen([sys.executable, "-c", holds, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with file.open("r+b") as stream:
            stream.write(b"\x00" * 100)
        with pytest.raises(LibraryUnavailable, match="stop the service"):
            restored(backup, home, replace=True)
        child.communicate()
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]
