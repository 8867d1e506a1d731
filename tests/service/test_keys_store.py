"""The file of keys: what it holds, who may read it, and what a serving process sees of its changes."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from service.keys.errors import KeyNotFound, KeyRefused, KeysBroken, KeysUnavailable
from service.keys.key import Scope, id_in
from service.keys.limit import Limit
from service.keys.ring import KeyRing
from service.keys.store import KEYS, create_key, list_keys, revoke_key


def test_only_a_hash_is_kept_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    key, text = create_key(home, "bot")
    with closing(sqlite3.connect(KEYS.of(home))) as other:
        # another connection keeps SQLite's files beside it alive
        other.execute("SELECT * FROM keys").fetchall()
        create_key(home, "second")
        files = list(home.iterdir())
        assert {file.name for file in files} >= {"keys.sqlite3", "keys.sqlite3-wal", "keys.sqlite3-shm"}
        secret = text.rpartition("_")[2]
        for file in files:
            assert file.stat().st_mode & 0o777 == 0o600, file
            assert secret.encode() not in file.read_bytes()
            assert bytes.fromhex(secret) not in file.read_bytes()
    assert key.id == id_in(text)
    assert key.is_made_from(text)


def test_what_was_made_is_listed_in_order_with_what_was_asked(tmp_path: Path) -> None:
    assert list_keys(tmp_path) == []
    first, _ = create_key(tmp_path, "Küste, Nachrichten", scope=Scope.WRITE, limit=Limit(90, 7))
    second, _ = create_key(tmp_path, "bot")
    assert list_keys(tmp_path) == [first, second]
    assert (first.name, first.scope, first.limit) == ("Küste, Nachrichten", Scope.WRITE, Limit(90, 7))
    assert (second.scope, second.limit, second.revoked_at) == (Scope.READ, None, None)
    revoked = revoke_key(tmp_path, first.id)
    assert revoked.revoked_at is not None
    assert revoke_key(tmp_path, first.id) == revoked
    assert list_keys(tmp_path) == [revoked, second]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31mred", "x" * 101])
def test_a_name_that_would_spoil_a_list_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyRefused, match=r"^name: "):
        create_key(tmp_path, name)
    assert not KEYS.of(tmp_path).exists()


def test_a_key_that_is_not_there_cannot_be_revoked(tmp_path: Path) -> None:
    with pytest.raises(KeyNotFound, match="no key has the id abc"):
        revoke_key(tmp_path, "abc")
    assert not KEYS.of(tmp_path).exists()
    create_key(tmp_path, "bot")
    with pytest.raises(KeyNotFound, match="OR 1=1"):
        revoke_key(tmp_path, "' OR 1=1")


def test_many_that_make_their_first_key_at_once_all_get_one(tmp_path: Path) -> None:
    made: list[str] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        made.append(create_key(tmp_path, "bot")[0].id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert {key.id for key in list_keys(tmp_path)} == set(made)


def test_a_ring_knows_each_change_at_the_next_look(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    assert not ring.locked
    first, text = create_key(tmp_path, "bot")
    assert ring.locked
    assert ring.find(text) == first
    _, second = create_key(tmp_path, "other")
    assert ring.find(second) is not None
    revoke_key(tmp_path, first.id)
    assert ring.find(text) is None
    assert ring.find(second) is not None
    ring.close()


def test_revoking_the_last_key_opens_nothing(tmp_path: Path) -> None:
    key, _ = create_key(tmp_path, "bot")
    revoke_key(tmp_path, key.id)
    assert KeyRing(tmp_path).locked


def test_a_right_id_with_another_secret_finds_nothing(tmp_path: Path) -> None:
    key, text = create_key(tmp_path, "bot")
    ring = KeyRing(tmp_path)
    for wrong in (f"byline_{key.id}_{'0' * 64}", text[:-1], f"{text}0", text.upper(), f" {text}", key.id, ""):
        assert ring.find(wrong) is None
    assert ring.find(text) == key


def test_a_file_that_is_taken_away_opens_nothing_and_may_come_back(tmp_path: Path) -> None:
    key, text = create_key(tmp_path, "bot")
    ring = KeyRing(tmp_path)
    assert ring.find(text) == key
    away = KEYS.of(tmp_path).rename(tmp_path / "away")
    for look in (lambda: ring.locked, lambda: ring.find(text)):
        with pytest.raises(KeysBroken, match="the file is gone"):
            look()
    away.rename(KEYS.of(tmp_path))
    assert ring.find(text) == key


def test_the_file_copied_to_another_machine_lets_the_same_keys_in_and_none_that_were_revoked(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    key, text = create_key(here, "bot")
    _, kept = create_key(here, "other")
    there.mkdir()
    ring = KeyRing(there)
    for revoked in (False, True):
        if revoked:
            revoke_key(here, key.id)
        shutil.copy(KEYS.of(here), there / "keys.new")
        (there / "keys.new").replace(KEYS.of(there))
        assert (ring.find(text) is None) == revoked
        assert ring.find(kept) is not None


def test_another_file_in_its_place_is_read(tmp_path: Path) -> None:
    _, old = create_key(tmp_path, "bot")
    ring = KeyRing(tmp_path)
    assert ring.find(old) is not None
    _, new = create_key(tmp_path / "other", "bot")
    KEYS.of(tmp_path / "other").replace(KEYS.of(tmp_path))
    assert ring.find(old) is None
    assert ring.find(new) is not None


def _another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE keys (a)")


def _newer(path: Path) -> None:
    create_key(path.parent, "bot")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no database" * 100),
        lambda path: path.mkdir(),
        _another_program,
        _newer,
    ],
    ids=["no database", "a folder", "another program's", "a newer Byline's"],
)
def test_what_is_not_a_file_of_keys_is_an_error_and_never_no_keys(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    spoil(KEYS.of(tmp_path))
    ring = KeyRing(tmp_path)
    for use in (
        lambda: list_keys(tmp_path),
        lambda: create_key(tmp_path, "bot"),
        lambda: revoke_key(tmp_path, "a"),
        lambda: ring.locked,
        lambda: ring.find("x"),
    ):
        with pytest.raises((KeysBroken, KeysUnavailable)):
            use()


def test_a_file_that_was_emptied_lets_nobody_in_and_is_no_file_without_keys(tmp_path: Path) -> None:
    create_key(tmp_path, "bot")
    KEYS.of(tmp_path).write_bytes(b"")
    ring = KeyRing(tmp_path)
    for use in (
        lambda: list_keys(tmp_path),
        lambda: create_key(tmp_path, "bot"),
        lambda: revoke_key(tmp_path, "a"),
        lambda: ring.locked,
        lambda: ring.find("x"),
    ):
        with pytest.raises(KeysBroken, match="it is empty"):
            use()


@pytest.mark.parametrize(
    "change", ["scope = 'write'", "revoked_at = NULL", "per_minute = 0, burst = 1", "sha256 = zeroblob(32)", "id = 'b'"]
)
def test_a_key_whose_row_is_not_what_was_written_opens_nothing(tmp_path: Path, change: str) -> None:
    key, text = create_key(tmp_path, "bot")
    revoke_key(tmp_path, key.id)
    with closing(sqlite3.connect(KEYS.of(tmp_path))) as database, database:
        database.execute(f"UPDATE keys SET {change}")  # noqa: S608 - from above
    ring = KeyRing(tmp_path)
    for use in (lambda: list_keys(tmp_path), lambda: ring.find(text), lambda: ring.locked):
        with pytest.raises(KeysBroken, match="damaged"):
            use()


def test_a_revocation_stands_in_the_file_itself_while_a_service_has_it_open(tmp_path: Path) -> None:
    """SQLite takes a damaged log for one that ends there."""
    key, _ = create_key(tmp_path, "bot")
    ring = KeyRing(tmp_path)
    assert ring.locked
    revoke_key(tmp_path, key.id)
    for suffix in ("-wal", "-shm"):
        KEYS.of(tmp_path).with_name(KEYS.of(tmp_path).name + suffix).unlink(missing_ok=True)
    (found,) = list_keys(tmp_path)
    assert found.revoked_at is not None


def test_keys_of_the_version_without_checksums_are_good_as_before(tmp_path: Path) -> None:
    key, text = create_key(tmp_path, "bot")
    with closing(sqlite3.connect(KEYS.of(tmp_path))) as database:
        database.execute("ALTER TABLE keys DROP COLUMN checksum")
        database.execute("PRAGMA user_version = 1")
    ring = KeyRing(tmp_path)
    found = ring.find(text)
    assert found == key
    assert list_keys(tmp_path) == [key]
    assert create_key(tmp_path, "other")[0].number == 2
