"""The file of keys: rows that no Byline wrote are found, and whether a service would start and let somebody in."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.library.rows.checksums import row_checksum
from service.cli.serve import check_keys
from service.doctor.examine import examine
from service.keys.store import KEYS, create_key, revoke_key
from service.settings import SettingsError
from tests.fakes import fake_parts
from tests.service.doctor.examined import ENTRY, KEY_ROWS, KEYS_SOUND, by_check, change, keys, wrong

KEY_TIMES = "no key was made in the future"


def seal(file: Path) -> None:
    """Gives the rows of keys the checksums of what they hold now, as whoever writes past Byline on purpose may."""
    with closing(sqlite3.connect(file)) as database, database:
        database.row_factory = sqlite3.Row
        for row in database.execute("SELECT * FROM keys").fetchall():
            held = [row[name].hex() if isinstance(row[name], bytes) else row[name] for name in row.keys()[1:-1]]
            database.execute("UPDATE keys SET checksum = ? WHERE number = ?", (row_checksum(held), row["number"]))


def test_keys_are_examined_where_there_is_no_library(tmp_path: Path) -> None:
    create_key(tmp_path, "bot")
    parts = fake_parts(tmp_path)
    found = by_check(examine(parts))
    parts.close()
    assert set(wrong(found.values())) == {"the library opens"}
    assert found[KEY_ROWS].checked == 1


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["UPDATE keys SET id = 'BYLINE'"], "no key that is sent can have this id"),
        (["UPDATE keys SET sha256 = zeroblob(32)"], "no SHA-256"),
        (
            ["INSERT INTO keys (id, name, scope, sha256, created_at, checksum)"
             " SELECT '0123456789ab', name, scope, sha256, created_at, 0 FROM keys"],
            "another key has the same hash",
        ),
    ],
)  # fmt: skip
def test_a_row_that_no_byline_wrote_is_found_and_its_key_named_until_that_is_revoked(
    tmp_path: Path, statements: list[str], told: str
) -> None:
    create_key(tmp_path, "bot")
    change(KEYS.of(tmp_path), *statements)
    seal(KEYS.of(tmp_path))
    found = wrong(keys(tmp_path))
    assert set(found) == {KEY_ROWS}
    assert all(problem.startswith("key ") and told in problem for problem in found[KEY_ROWS])
    follow_the_remedy(tmp_path, found[KEY_ROWS])


def follow_the_remedy(home: Path, problems: Iterable[str]) -> None:
    """Revokes each key named and makes another, after which nothing is wrong."""
    for problem in problems:
        revoke_key(home, problem.removeprefix("key ").partition(":")[0])
    create_key(home, "another")
    assert wrong(keys(home)) == {}


def test_a_key_made_in_the_future_may_be_a_slow_clock_which_the_remedy_says_first(tmp_path: Path) -> None:
    create_key(tmp_path, "bot")
    change(KEYS.of(tmp_path), "UPDATE keys SET created_at = '2999-01-01T00:00:00+00:00'")
    seal(KEYS.of(tmp_path))
    found = by_check(keys(tmp_path))
    assert set(wrong(found.values())) == {KEY_TIMES}
    assert (found[KEY_TIMES].remedy or "").startswith("set this machine's clock")
    follow_the_remedy(tmp_path, found[KEY_TIMES].problems)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE keys SET created_at = 'yesterday'",
        "UPDATE keys SET created_at = '2025-01-01T00:00:00'",
        "UPDATE keys SET revoked_at = '2025-01-01T00:00:00'",
        "UPDATE keys SET sha256 = x'00'",
        "UPDATE keys SET scope = 'admin'",
        "UPDATE keys SET per_minute = -1, burst = 1",
    ],
)
def test_a_row_that_cannot_be_read_is_damage_of_the_file(tmp_path: Path, statement: str) -> None:
    create_key(tmp_path, "bot")
    change(KEYS.of(tmp_path), "PRAGMA ignore_check_constraints = ON", statement)
    seal(KEYS.of(tmp_path))
    assert set(wrong(keys(tmp_path))) == {KEYS_SOUND}


@pytest.mark.parametrize(
    ("made", "revoked", "open_", "host", "told"),
    [
        (0, 0, False, "127.0.0.1", None),
        (1, 0, False, "127.0.0.1", None),
        (1, 1, False, "127.0.0.1", "all API keys are revoked"),
        (0, 0, False, "192.0.2.1", "there is no API key"),
        (0, 0, True, "192.0.2.1", None),
        (2, 1, False, "192.0.2.1", None),
        (2, 2, True, "192.0.2.1", "all API keys are revoked"),
    ],
)
def test_whether_a_service_would_start_and_let_somebody_in_is_said_before_it_is_tried(
    tmp_path: Path, *, made: int, revoked: int, open_: bool, host: str, told: str | None
) -> None:
    ids = [create_key(tmp_path, "bot")[0].id for _ in range(made)]
    for key_id in ids[:revoked]:
        revoke_key(tmp_path, key_id)
    found = wrong(keys(tmp_path, host=host, open=open_))
    if told is None:
        assert found == {}
    else:
        assert told in found[ENTRY][0]


def test_the_settings_that_let_nobody_in_are_those_the_start_refuses(tmp_path: Path) -> None:
    """The doctor and `byline serve` ask one function."""
    with pytest.raises(SettingsError) as refused:
        check_keys(tmp_path, "192.0.2.1", keyless=False)
    assert str(refused.value) == f"BYLINE_HOST: {wrong(keys(tmp_path, host='192.0.2.1'))[ENTRY][0]}"
