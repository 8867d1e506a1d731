"""The file of keys: making it, adding keys, revoking them.

It lies beside the library, not in it, so that a backup of the articles carries no keys and articles can be replaced
without locking anybody out. Only its owner may read it. A revoked key keeps its row: having had keys is what tells a
service that it is not open to everybody.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from corpus.durable import make_folder
from service.keys.errors import KeyNotFound, KeyRefused, KeysBroken, KeysUnavailable
from service.keys.key import Key, Scope, digest_of, new_key
from service.keys.limit import Limit
from service.side_file import NotOurs, connect, has_tables, make_private

_APPLICATION = 0x42594B59
"""`BYKY`: tells this file from other SQLite files."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    per_minute INTEGER CHECK (per_minute BETWEEN 0 AND 1000000),
    burst INTEGER CHECK (burst BETWEEN 1 AND 1000000),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    CHECK ((per_minute IS NULL) = (burst IS NULL))
) STRICT
"""
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
        make_private(path)
        with closing(connect(path)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            _check(database, path)
            database.execute(_SCHEMA)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
            key_id, text = new_key()
            row = database.execute(
                "INSERT INTO keys (id, name, scope, per_minute, burst, sha256, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    key_id,
                    name,
                    scope.value,
                    None if limit is None else limit.per_minute,
                    None if limit is None else limit.burst,
                    digest_of(text),
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            ).fetchone()
            database.execute("COMMIT")
    return _key(row), text


def revoke_key(home: Path, key_id: str) -> Key:
    """Revokes a key for good; one that is revoked already stays so. Raises KeyNotFound, KeysBroken or KeysUnavailable.

    When this returns, no process that serves this home takes the key any more.
    """
    path = keys_file(home)
    if not path.exists():
        raise KeyNotFound(key_id)
    with _translated(path), closing(connect(path)) as database:
        _check(database, path)
        row = database.execute(
            "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING *",
            (datetime.now(UTC).isoformat(timespec="seconds"), key_id),
        ).fetchone()
    if row is None:
        raise KeyNotFound(key_id)
    return _key(row)


def list_keys(home: Path) -> list[Key]:
    """All keys in the order they were made, revoked ones too. Raises KeysBroken or KeysUnavailable."""
    path = keys_file(home)
    with _translated(path):
        if not path.exists():
            return []
        with closing(connect(path)) as database:
            return read_keys(database, path) or []


def read_keys(database: sqlite3.Connection, path: Path) -> list[Key] | None:
    """All keys; None if none was ever made, as the file is only being made. Raises KeysBroken or sqlite3.Error."""
    if not _check(database, path):
        return None
    return [_key(row) for row in database.execute("SELECT * FROM keys ORDER BY number")]


def why_not(path: Path, error: Exception) -> str:
    """Why a file cannot be used, also where SQLite does not tell."""
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return "this user may not read and write it; run `byline keys` as the user that the service runs as"
    return str(error)


def _check(database: sqlite3.Connection, path: Path) -> bool:
    """Whether there is a table. Raises KeysBroken for a file that is another program's or a newer Byline's."""
    try:
        return has_tables(database, application=_APPLICATION, version=_VERSION, what="keys")
    except NotOurs as error:
        raise KeysBroken(path, str(error)) from error


def _key(row: tuple[int, str, str, str, int | None, int | None, bytes, str, str | None]) -> Key:
    number, key_id, name, scope, per_minute, burst, sha256, created_at, revoked_at = row
    return Key(
        number=number,
        id=key_id,
        name=name,
        scope=Scope(scope),
        limit=None if per_minute is None or burst is None else Limit(per_minute, burst),
        sha256=sha256,
        created_at=datetime.fromisoformat(created_at),
        revoked_at=None if revoked_at is None else datetime.fromisoformat(revoked_at),
    )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise KeysUnavailable(path, why_not(path, error)) from error
    except sqlite3.Error as error:
        raise KeysBroken(path, str(error)) from error
