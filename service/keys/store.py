"""The file of keys: making it, adding keys, revoking them.

It lies beside the library, not in it, so that a backup of the articles carries no keys and articles can be replaced
without locking anybody out. Only its owner may read it. A revoked key keeps its row: having had keys is what tells a
service that it is not open to everybody.
"""

from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

from corpus.durable import make_folder
from service.keys.errors import KeyNotFound, KeyRefused, KeysBroken, KeysUnavailable
from service.keys.key import Key, Scope, digest_of, new_key
from service.keys.limit import Limit
from service.side_file import Row, SideFile, settle

KEYS = SideFile(
    name="keys.sqlite3",
    table="keys",
    row="key",
    columns={
        "id": "TEXT NOT NULL UNIQUE",
        "name": "TEXT NOT NULL",
        "scope": "TEXT NOT NULL CHECK (scope IN ('read', 'write'))",
        "per_minute": "INTEGER CHECK (per_minute BETWEEN 0 AND 1000000)",
        "burst": "INTEGER CHECK (burst BETWEEN 1 AND 1000000)",
        "sha256": "BLOB NOT NULL CHECK (length(sha256) = 32)",
        "created_at": "TEXT NOT NULL",
        "revoked_at": "TEXT",
    },
    condition="(per_minute IS NULL) = (burst IS NULL)",
    application=0x42594B59,
    broken=KeysBroken,
    unavailable=KeysUnavailable,
)
_LONGEST_NAME = 100


def create_key(home: Path, name: str, *, scope: Scope = Scope.READ, limit: Limit | None = None) -> tuple[Key, str]:
    """Makes a key and returns what is kept with the key itself, which cannot be had again.

    Makes the file and its folder if there are none. Raises KeyRefused, KeysBroken or KeysUnavailable.
    """
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise KeyRefused("name", f"it must have 1 to {_LONGEST_NAME} printable characters")
    path = KEYS.of(home)
    with KEYS.translated(path):
        make_folder(home)
    with KEYS.opened(path, make=True) as database:
        key_id, text = new_key()
        values = (
            key_id,
            name,
            scope.value,
            None if limit is None else limit.per_minute,
            None if limit is None else limit.burst,
            digest_of(text),
            _now(),
            None,
        )
        return _key((KEYS.add(database, values), *values)), text


def revoke_key(home: Path, key_id: str) -> Key:
    """Revokes a key for good; one that is revoked already stays so. Raises KeyNotFound, KeysBroken or KeysUnavailable.

    When this returns, no process that serves this home takes the key any more.
    """
    path = KEYS.of(home)
    if not path.exists():
        raise KeyNotFound(key_id)
    with KEYS.opened(path) as database:
        database.execute("BEGIN IMMEDIATE")
        row = next(iter(list(KEYS.rows(database, path, where="id = ?", values=(key_id,)))), None)
        if row is None:
            raise KeyNotFound(key_id)
        if _key(row).revoked_at is None:
            row = (*row[:-1], _now())
            KEYS.change(database, row[0], row[1:])
        database.execute("COMMIT")
        settle(database)
    return _key(row)


def list_keys(home: Path) -> list[Key]:
    """All keys in the order they were made, revoked ones too. Raises KeysBroken or KeysUnavailable."""
    path = KEYS.of(home)
    with KEYS.translated(path):
        if not path.exists():
            return []
    with KEYS.opened(path) as database:
        return read_keys(database, path)


def read_keys(database: Connection, path: Path) -> list[Key]:
    """All keys of a checked file in the order they were made. Raises KeysBroken or sqlite3.Error."""
    try:
        return [_key(row) for row in KEYS.rows(database, path)]
    except (KeyRefused, TypeError, ValueError) as error:
        # the table's own conditions leave only what was written past this module
        raise KeysBroken(path, f"a row is none of Byline's: {error}") from error


def _key(row: Row) -> Key:
    number, key_id, name, scope, per_minute, burst, sha256, created_at, revoked_at = row
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _moment(text: str) -> datetime:
    """Raises ValueError for what cannot be compared with other moments."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone")
    return moment
