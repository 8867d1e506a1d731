"""The file of keys: making it, adding keys, revoking them.

It lies beside the library, not in it, so that a backup of the articles carries no keys and articles can be replaced
without locking anybody out. Only its owner may read it. A revoked key keeps its row: having had keys is what tells a
service that it is not open to everybody.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.durable import make_folder
from corpus.library.checksums import row_checksum
from service.keys.errors import KeyNotFound, KeyRefused, KeysBroken, KeysUnavailable
from service.keys.key import Key, Scope, digest_of, new_key
from service.keys.limit import Limit
from service.side_file import NotOurs, connect, damage, has_tables, make_whole, settle

_APPLICATION = 0x42594B59
"""`BYKY`: tells this file from other SQLite files."""
_VERSION = 2
"""1 had no checksums."""
_SCHEMA = f"""
CREATE TABLE keys (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    per_minute INTEGER CHECK (per_minute BETWEEN 0 AND 1000000),
    burst INTEGER CHECK (burst BETWEEN 1 AND 1000000),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    checksum INTEGER NOT NULL,
    CHECK ((per_minute IS NULL) = (burst IS NULL))
) STRICT;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "id, name, scope, per_minute, burst, sha256, created_at, revoked_at"
_LONGEST_NAME = 100


def keys_file(home: Path) -> Path:
    """Where the keys of a home are."""
    return home / "keys.sqlite3"


def create_key(home: Path, name: str, *, scope: Scope = Scope.READ, limit: Limit | None = None) -> tuple[Key, str]:
    """Makes a key and returns what is kept with the key itself, which cannot be had again.

    Makes the file and its folder if there are none. Raises KeyRefused, KeysBroken or KeysUnavailable.
    """
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise KeyRefused("name", f"it must have 1 to {_LONGEST_NAME} printable characters")
    path = keys_file(home)
    with _translated(path):
        make_folder(home)
        make_whole(path, _SCHEMA)
        with closing(connect(path)) as database:
            _check(database, path)
            key_id, text = new_key()
            row = (
                key_id,
                name,
                scope.value,
                None if limit is None else limit.per_minute,
                None if limit is None else limit.burst,
                digest_of(text),
                datetime.now(UTC).isoformat(timespec="seconds"),
                None,
            )
            stored = database.execute(
                f"INSERT INTO keys ({_COLUMNS}, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",  # noqa: S608 - constants only
                (*row, _checksum(row)),
            ).fetchone()
            settle(database)
    return _key(stored, path), text


def revoke_key(home: Path, key_id: str) -> Key:
    """Revokes a key for good; one that is revoked already stays so. Raises KeyNotFound, KeysBroken or KeysUnavailable.

    When this returns, no process that serves this home takes the key any more.
    """
    path = keys_file(home)
    if not path.exists():
        raise KeyNotFound(key_id)
    with _translated(path), closing(connect(path)) as database:
        _check(database, path)
        database.execute("BEGIN IMMEDIATE")
        row = database.execute("SELECT * FROM keys WHERE id = ?", (key_id,)).fetchone()
        if row is None:
            raise KeyNotFound(key_id)
        key = _key(row, path)
        if key.revoked_at is None:
            revoked = (*row[1:8], datetime.now(UTC).isoformat(timespec="seconds"))
            row = database.execute(
                "UPDATE keys SET revoked_at = ?, checksum = ? WHERE id = ? RETURNING *",
                (revoked[-1], _checksum(revoked), key_id),
            ).fetchone()
        database.execute("COMMIT")
        settle(database)
    return _key(row, path)


def list_keys(home: Path) -> list[Key]:
    """All keys in the order they were made, revoked ones too. Raises KeysBroken or KeysUnavailable."""
    path = keys_file(home)
    with _translated(path):
        if not path.exists():
            return []
        with closing(connect(path)) as database:
            return read_keys(database, path)


def read_keys(database: sqlite3.Connection, path: Path) -> list[Key]:
    """All keys in the order they were made. Raises KeysBroken or sqlite3.Error."""
    _check(database, path)
    try:
        return [_key(row, path) for row in database.execute("SELECT * FROM keys ORDER BY number")]
    except (KeyRefused, TypeError, ValueError) as error:
        # the table's own conditions leave only what was written past this module
        raise KeysBroken(path, f"a row is none of Byline's: {error}") from error


def keys_damage(home: Path) -> list[str]:
    """What is wrong with the file as such; empty where it is sound or there is none.

    Raises KeysBroken or KeysUnavailable for one that cannot be read at all.
    """
    path = keys_file(home)
    with _translated(path):
        if not path.exists():
            return []
        with closing(connect(path)) as database:
            _check(database, path)
            return damage(database)


def why_not(path: Path, error: Exception) -> str:
    """Why a file cannot be used, also where SQLite does not tell."""
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return "this user may not read and write it; run `byline keys` as the user that the service runs as"
    return str(error)


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Raises KeysBroken for a file that is empty, another program's or a newer Byline's; brings an older one's up."""
    try:
        made = has_tables(database, application=_APPLICATION, version=_VERSION, what="keys")
    except NotOurs as error:
        raise KeysBroken(path, str(error)) from error
    if not made:
        raise KeysBroken(path, "it is empty; without the file there are no keys")
    if database.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
        _upgrade(database)


def _upgrade(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    # another process may have been faster
    if database.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
        database.execute("ALTER TABLE keys ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
        rows = database.execute(f"SELECT number, {_COLUMNS} FROM keys").fetchall()  # noqa: S608 - constants only
        for number, *row in rows:
            database.execute("UPDATE keys SET checksum = ? WHERE number = ?", (_checksum(row), number))
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


def _checksum(row: Sequence[str | int | bytes | None]) -> int:
    """Of the columns between the number and the checksum."""
    return row_checksum([value.hex() if isinstance(value, bytes) else value for value in row])


def _key(row: tuple[Any, ...], path: Path) -> Key:
    number, key_id, name, scope, per_minute, burst, sha256, created_at, revoked_at, checksum = row
    if _checksum(row[1:-1]) != checksum:
        raise KeysBroken(path, f"the row of key number {number} is damaged")
    return Key(
        number=number,
        id=key_id,
        name=name,
        scope=Scope(scope),
        limit=None if per_minute is None or burst is None else Limit(per_minute, burst),
        sha256=sha256,
        created_at=_moment(created_at),
        revoked_at=None if revoked_at is None else _moment(revoked_at),
    )


def _moment(text: str) -> datetime:
    """Raises ValueError for what cannot be compared with other moments."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone")
    return moment


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise KeysUnavailable(path, why_not(path, error)) from error
    except sqlite3.Error as error:
        raise KeysBroken(path, str(error)) from error
