"""The doctor beside the library: keys, feedback and the folder, each damage found and told with what to do."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.library.rows.checksums import row_checksum
from indexing.ingest import Draft
from service.cli.serve import check_keys
from service.doctor.examine import examine
from service.doctor.feedback import examine_feedback
from service.doctor.finding import Finding
from service.doctor.folder import examine_folder
from service.doctor.keys import examine_keys
from service.feedback.store import FEEDBACK, add_feedback
from service.keys.store import KEYS, create_key, revoke_key
from service.settings import SettingsError
from tests.fakes import fake_parts, fake_settings

KEYS_SOUND = "the file of API keys opens and is sound"
KEYS_PRIVATE = "only its owner may read the file of API keys"
KEY_ROWS = "every key's row is as it was made"
KEY_TIMES = "no key was made in the future"
ENTRY = "a service would start, and let the right ones in"
FEEDBACK_SOUND = "the file of feedback opens and is sound"
FEEDBACK_PRIVATE = "only its owner may read the file of feedback"
EXPORTED = "feedback can be exported"
CITED = "every citation in feedback is exact"
WRITABLE = "the folder can be written"
ROOM = "the disk has room for the indexes made anew"

TEXT = "The ferry sank on Monday. 😀 Nobody was hurt."
FERRY = Article(id="ferry", title="Ferry sinks", text=TEXT)


def by_check(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def wrong(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """The problems of the checks that found any; each of these says what to do."""
    found = [finding for finding in findings if not finding.sound]
    assert all(finding.remedy for finding in found)
    return {finding.check: finding.problems for finding in found}


def keys(home: Path, **changes: object) -> list[Finding]:
    return list(examine_keys(fake_settings(home, **changes)))


def feedback(home: Path) -> list[Finding]:
    parts = fake_parts(home)
    try:
        return list(examine_feedback(parts))
    finally:
        parts.close()


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount != 0, f"nothing was changed: {statement}"


def seal(file: Path) -> None:
    """Gives the rows of keys the checksums of what they hold now, as whoever writes past Byline on purpose may."""
    with closing(sqlite3.connect(file)) as database, database:
        database.row_factory = sqlite3.Row
        for row in database.execute("SELECT * FROM keys").fetchall():
            held = [row[name].hex() if isinstance(row[name], bytes) else row[name] for name in row.keys()[1:-1]]
            database.execute("UPDATE keys SET checksum = ? WHERE number = ?", (row_checksum(held), row["number"]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of one article."""
    parts = fake_parts(tmp_path)
    parts.ingester.put(Draft(FERRY))
    parts.close()
    return tmp_path


def said(home: Path, **changes: object) -> dict[str, object]:
    """Feedback whose one citation is exact, but for the changes."""
    parts = fake_parts(home)
    with parts.library.snapshot() as snapshot:
        revision = snapshot.revision("ferry").sha256
    parts.close()
    quote = "Nobody was hurt."
    start = TEXT.index(quote)
    cited = {"article_id": "ferry", "revision": revision, "start": start, "end": start + len(quote), "quote": quote}
    return {"question": "Who was hurt?", "helpful": True, "citations": [cited | changes]}


def test_without_keys_or_feedback_nothing_is_wrong_and_the_findings_say_so(home: Path) -> None:
    parts = fake_parts(home)
    found = by_check(examine(parts))
    parts.close()
    assert wrong(found.values()) == {}
    assert (found[KEYS_SOUND].checked, found[KEYS_SOUND].unit) == (0, "files (no keys were made)")
    assert (found[FEEDBACK_SOUND].checked, found[FEEDBACK_SOUND].unit) == (0, "files (no reader sent any)")
    assert "this machine only" in found[ENTRY].unit
    assert not KEYS.of(home).exists()
    assert not FEEDBACK.of(home).exists()


def test_keys_and_feedback_that_nobody_touched_are_sound_and_counted(home: Path) -> None:
    create_key(home, "bot")
    revoke_key(home, create_key(home, "former")[0].id)
    add_feedback(home, json.dumps(said(home)))
    found = by_check([*keys(home), *feedback(home)])
    assert wrong(found.values()) == {}
    assert (found[KEY_ROWS].checked, found[KEY_ROWS].unit) == (2, "keys (1 in use)")
    assert (found[EXPORTED].checked, found[CITED].checked, found[CITED].promise) == (1, 1, 1)


def test_keys_are_examined_where_there_is_no_library(tmp_path: Path) -> None:
    create_key(tmp_path, "bot")
    parts = fake_parts(tmp_path)
    found = by_check(examine(parts))
    parts.close()
    assert set(wrong(found.values())) == {"the library opens"}
    assert found[KEY_ROWS].checked == 1


def _no_database(file: Path) -> None:
    file.write_bytes(b"no database" * 400)


def _another_program(file: Path) -> None:
    file.unlink()
    change(file, "CREATE TABLE something (else_ TEXT)")


def _newer(file: Path) -> None:
    change(file, "PRAGMA user_version = 3")


def _a_page_overwritten(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : 4096 + 64] = b"\xff" * 64
    file.write_bytes(content)


@pytest.mark.parametrize("spoil", [_no_database, _another_program, _newer, _a_page_overwritten])
def test_files_that_cannot_be_trusted_are_found_and_read_no_further(home: Path, spoil: Callable[[Path], None]) -> None:
    create_key(home, "bot")
    add_feedback(home, json.dumps(said(home)))
    for file in (KEYS.of(home), FEEDBACK.of(home)):
        spoil(file)
        file.chmod(0o600)
    assert set(wrong(keys(home))) == {KEYS_SOUND}
    assert set(wrong(feedback(home))) == {FEEDBACK_SOUND}
    assert KEY_ROWS not in by_check(keys(home))
    assert CITED not in by_check(feedback(home))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_files_that_others_may_read_or_write_are_found_and_the_remedy_names_them(home: Path, mode: int) -> None:
    create_key(home, "bot")
    add_feedback(home, json.dumps(said(home)))
    for file, check, examined in (
        (KEYS.of(home), KEYS_PRIVATE, keys),
        (FEEDBACK.of(home), FEEDBACK_PRIVATE, feedback),
    ):
        file.chmod(mode)
        assert f"{mode:o}" in wrong(examined(home))[check][0]
        assert by_check(examined(home))[check].remedy == f"run `chmod 600 {file}`"
        file.chmod(0o600)
        assert wrong(examined(home)) == {}


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


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quote": "Nobody was hurt!"}, "other words stand there"),
        ({"end": 1000}, "is not a span"),
        ({"revision": "0" * 64}, "ferry"),
        ({"article_id": "harbour"}, "harbour"),
    ],
)
def test_a_citation_in_feedback_that_the_library_does_not_bear_out_is_found(
    home: Path, changes: dict[str, object], told: str
) -> None:
    add_feedback(home, json.dumps(said(home)))
    add_feedback(home, json.dumps(said(home, **changes)))
    (problem,) = wrong(feedback(home))[CITED]
    assert problem.startswith("feedback-2: ")
    assert told in problem


def test_a_citation_of_a_former_revision_or_in_a_correction_is_checked_alike(home: Path) -> None:
    right = said(home)
    cited = right["citations"]
    add_feedback(home, json.dumps(right))
    correction = {"answers": ["Nobody"], "evidence": cited}
    add_feedback(home, json.dumps(right | {"helpful": False, "citations": [], "correction": correction}))
    parts = fake_parts(home)
    parts.remove("ferry")
    parts.close()
    found = by_check(feedback(home))
    assert wrong(found.values()) == {}
    assert found[CITED].checked == 2


def test_an_entry_that_is_no_feedback_is_named_and_the_others_are_checked(home: Path) -> None:
    add_feedback(home, "{}")
    add_feedback(home, json.dumps(said(home)))
    found = by_check(feedback(home))
    assert set(wrong(found.values())) == {EXPORTED}
    assert found[EXPORTED].problems[0].startswith("feedback-1: ")
    assert (found[EXPORTED].checked, found[CITED].checked) == (2, 1)
    change(FEEDBACK.of(home), "DELETE FROM feedback WHERE number = 1")
    assert wrong(feedback(home)) == {}, "which is the remedy"


def test_feedback_received_at_no_time_is_damage(home: Path) -> None:
    add_feedback(home, json.dumps(said(home)))
    change(FEEDBACK.of(home), "UPDATE feedback SET received = 'yesterday'")
    assert set(wrong(feedback(home))) == {FEEDBACK_SOUND}


def test_citations_are_left_out_where_there_is_no_library_to_check_them_by(home: Path, tmp_path: Path) -> None:
    entry = json.dumps(said(home))
    other = tmp_path / "other"
    other.mkdir()
    add_feedback(other, entry)
    assert list(by_check(feedback(other))) == [FEEDBACK_SOUND, FEEDBACK_PRIVATE, EXPORTED]


def test_a_disk_without_room_for_the_indexes_made_anew_is_found(home: Path) -> None:
    parts = fake_parts(home)
    parts.compact()
    parts.close()
    size = sum(file.stat().st_size for file in (home / "indexes").rglob("*"))
    assert wrong(examine_folder(home, free=lambda _: size)) == {}
    (problem,) = wrong(examine_folder(home, free=lambda _: 0))[ROOM]
    assert problem.startswith("0 MB are free")


def test_a_folder_that_is_not_there_yet_is_nothing_to_examine(tmp_path: Path) -> None:
    assert list(examine_folder(tmp_path / "nowhere")) == []


def test_the_settings_that_let_nobody_in_are_those_the_start_refuses(tmp_path: Path) -> None:
    """The doctor and `byline serve` ask one function."""
    with pytest.raises(SettingsError) as refused:
        check_keys(tmp_path, "192.0.2.1", keyless=False)
    assert str(refused.value) == f"BYLINE_HOST: {wrong(keys(tmp_path, host='192.0.2.1'))[ENTRY][0]}"
