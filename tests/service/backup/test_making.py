"""Making a backup: it is whole or not there, of one commit, and of nothing that is damaged."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from corpus.errors import LibraryBroken, LibraryMissing
from corpus.library.lock import exclusive
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import contents_of
from service.backup.errors import BackupBroken, BackupExists, BackupUnavailable
from service.backup.making import make_backup
from service.backup.restoring import check_backup
from service.keys.store import KEYS, list_keys
from tests.service.backup.homes import FILES, ids, put, restored
from tests.sqlite_logs import left_behind


def test_a_backup_holds_the_library_and_the_feedback_and_no_keys_and_no_indexes(home: Path, tmp_path: Path) -> None:
    manifest = make_backup(home, tmp_path / "made")
    assert sorted(file.name for file in (tmp_path / "made").iterdir()) == sorted(FILES)
    assert check_backup(tmp_path / "made") == manifest
    assert (manifest.library.counts.articles, manifest.feedback) == (2, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "made"], "nothing unfinished is left"
    (key,) = list_keys(home)
    assert key.sha256 in KEYS.of(home).read_bytes()
    assert key.sha256 not in b"".join(file.read_bytes() for file in (tmp_path / "made").iterdir())


def test_a_backup_is_whole_whatever_sqlite_leaves_in_its_log(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with left_behind(monkeypatch):
        manifest = make_backup(home, tmp_path / "made")
        assert check_backup(tmp_path / "made") == manifest
    assert (manifest.library.counts.articles, manifest.feedback) == (2, 1)


def test_a_folder_that_is_no_backup_is_refused_both_ways(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("not to be lost")
    with pytest.raises(BackupBroken, match="no backup"):
        restored(other, home, replace=True)
    for replace in (False, True):
        with pytest.raises(BackupExists, match="is no backup, and is not replaced; name another folder"):
            make_backup(home, other, replace=replace)
    assert (other / "letter.txt").read_text() == "not to be lost"


def test_a_former_backup_is_replaced_only_if_that_is_asked_for(home: Path, backup: Path) -> None:
    put(home, "crane")
    with pytest.raises(BackupExists, match="--replace"):
        make_backup(home, backup)
    assert check_backup(backup).library.counts.articles == 2
    make_backup(home, backup, replace=True)
    assert check_backup(backup).library.counts.articles == 3
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_a_library_that_is_damaged_or_not_there_is_not_backed_up(home: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        make_backup(tmp_path / "nowhere", tmp_path / "made")
    with closing(sqlite3.connect(schema.database(home))) as database, database:
        database.execute("UPDATE revisions SET text = replace(text, 'Tuesday', 'Thursday')")
    with pytest.raises(LibraryBroken, match="is damaged"):
        make_backup(home, tmp_path / "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_backup_that_is_made_while_others_write_is_the_library_at_one_commit(tmp_path: Path) -> None:
    home = tmp_path / "home"
    put(home, "a0")
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            # two articles a commit: a backup has both or neither
            put(home, f"a{number}", f"b{number}")
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = []
        for number in range(6):
            made.append(make_backup(home, tmp_path / f"backup{number}"))
            written.clear()
            assert written.wait(60), "nothing was written meanwhile"
    finally:
        stop.set()
        thread.join()
    for number, manifest in enumerate(made):
        restored(tmp_path / f"backup{number}", tmp_path / f"home{number}")
        held = ids(tmp_path / f"home{number}")
        assert len(held) == manifest.library.counts.articles
        assert {name[1:] for name in held if name[0] == "b"} == {name[1:] for name in held if name[0] == "a"} - {"0"}
    commits = [manifest.library.commit for manifest in made]
    assert commits == sorted(commits)
    assert commits[0] < commits[-1]


def test_a_backup_into_a_folder_that_cannot_be_written_is_told_of(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BackupUnavailable):
        make_backup(home, tmp_path / "file" / "backup")


def test_two_backups_of_one_name_are_not_made_at_once(home: Path, tmp_path: Path) -> None:
    held = exclusive(tmp_path / ".made.unfinished", "backup.lock", wait_seconds=0)
    with held, pytest.raises(BackupUnavailable, match="another process"):
        make_backup(home, tmp_path / "made")
    shutil.rmtree(tmp_path / ".made.unfinished")
    make_backup(home, tmp_path / "made")


def test_the_copy_is_read_without_anything_being_written_beside_it(backup: Path) -> None:
    before = sorted(path.name for path in backup.iterdir())
    contents_of(backup / schema.FILE_NAME)
    check_backup(backup)
    assert sorted(path.name for path in backup.iterdir()) == before
