"""Keys and feedback are in their files as soon as they are told of, whatever SQLite and the disk do with the log."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from service import side_file
from service.keys.ring import KeyRing
from service.keys.store import KEYS, create_key, list_keys
from tests.sqlite_logs import left_behind


def test_the_first_key_is_there_whatever_sqlite_leaves_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with left_behind(monkeypatch):
        key, _ = create_key(tmp_path, "bot")
    assert list_keys(tmp_path) == [key]
    assert [file.name for file in tmp_path.iterdir() if ".new-" in file.name] == []


def test_what_is_made_is_in_the_file_itself_so_that_no_damage_to_a_log_takes_it_back(tmp_path: Path) -> None:
    create_key(tmp_path, "bot")
    with closing(sqlite3.connect(KEYS.of(tmp_path))) as reader:
        # while somebody has it open SQLite does not do so by itself
        reader.execute("SELECT * FROM keys").fetchall()
        create_key(tmp_path, "second")
        assert KEYS.of(tmp_path).with_name("keys.sqlite3-wal").stat().st_size == 0


def test_a_key_that_is_on_disk_is_told_although_the_disk_fails_right_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in place of a disk that has room for the log and none for the file
    def full(database: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError(f"database or disk is full: {database}")

    monkeypatch.setattr(side_file, "settle", full)
    key, text = create_key(tmp_path, "bot")
    assert KeyRing(tmp_path).find(text) == key
