"""Beside the library: feedback, the folder, and files that others may read or nobody can trust, found and told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.article import Article
from indexing.ingest import Draft
from service.doctor.examine import examine
from service.doctor.feedback import examine_feedback
from service.doctor.finding import Finding
from service.doctor.folder import examine_folder
from service.feedback.store import FEEDBACK, add_feedback
from service.keys.store import KEYS, create_key, revoke_key
from tests.fakes import fake_parts
from tests.service.doctor.examined import ENTRY, KEY_ROWS, KEYS_SOUND, by_check, change, keys, wrong

KEYS_PRIVATE = "only its owner may read the file of API keys"
FEEDBACK_SOUND = "the file of feedback opens and is sound"
FEEDBACK_PRIVATE = "only its owner may read the file of feedback"
EXPORTED = "feedback can be exported"
CITED = "every citation in feedback is exact"
ROOM = "the disk has room for the indexes made anew"

TEXT = "The ferry sank on Monday. 😀 Nobody was hurt."
FERRY = Article(id="ferry", title="Ferry sinks", text=TEXT)


def feedback(home: Path) -> list[Finding]:
    parts = fake_parts(home)
    try:
        return list(examine_feedback(parts))
    finally:
        parts.close()


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
    parts.rebuild()
    parts.close()
    size = sum(file.stat().st_size for file in (home / "indexes").rglob("*"))
    assert wrong(examine_folder(home, free=lambda _: size)) == {}
    (problem,) = wrong(examine_folder(home, free=lambda _: 0))[ROOM]
    assert problem.startswith("0 MB are free")


def test_a_folder_that_is_not_there_yet_is_nothing_to_examine(tmp_path: Path) -> None:
    assert list(examine_folder(tmp_path / "nowhere")) == []
