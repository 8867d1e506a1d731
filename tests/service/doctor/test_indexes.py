"""Indexes that do not hold what the library does, are damaged or of another library are found."""

from pathlib import Path

import pytest

from indexing.generations.manifest import generation_folder
from indexing.ingest import Draft
from tests.service.doctor.examined import (
    ARTICLES,
    BY_VECTOR,
    BY_WORDS,
    OPENS,
    QUOTES,
    STALE,
    broken,
    damage,
    examined,
    opened_parts,
)


def test_a_passage_that_the_indexes_do_not_hold_is_found_by_vector_and_by_words(unpublished: Path) -> None:
    damage(unpublished, "UPDATE passages SET retired_in = 1 WHERE passage_id = 1")
    with opened_parts(unpublished) as parts:
        parts.rebuild()
    damage(unpublished, "UPDATE passages SET retired_in = NULL WHERE passage_id = 1")
    found = examined(unpublished)[OPENS]
    assert "searchable passages" in found.problems[0]
    assert found.remedy == "run `byline rebuild`"
    damage(unpublished, "UPDATE passages SET retired_in = 1 WHERE passage_id = 2")
    found_by = broken(unpublished)
    assert set(found_by) >= {BY_VECTOR, BY_WORDS}
    assert "passage 1 " in found_by[BY_VECTOR][0]
    assert "passage 1 " in found_by[BY_WORDS][0]


def test_a_passage_that_is_still_found_after_it_was_taken_out_is_found(unpublished: Path) -> None:
    damage(unpublished, "UPDATE passages SET retired_in = 1 WHERE passage_id = 2")
    with opened_parts(unpublished) as parts:
        parts.rebuild()
    damage(unpublished, "UPDATE passages SET retired_in = 1 WHERE passage_id = 1")
    assert "searchable passages" in broken(unpublished)[OPENS][0]
    damage(unpublished, "UPDATE passages SET retired_in = NULL WHERE passage_id = 2")
    assert "passage 1 " in broken(unpublished)[STALE][0]


def test_a_changed_byte_in_any_file_of_the_generation_is_found_and_rebuild_is_named(home: Path) -> None:
    folder = generation_folder(home, 1)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".lock"]
    assert len(files) > 3
    for file in files:
        content = file.read_bytes()
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        assert set(broken(home)) == {OPENS}
        assert examined(home)[OPENS].remedy == "run `byline rebuild`"
        file.write_bytes(content)
    assert broken(home) == {}


def test_a_file_missing_from_the_generation_is_found(home: Path) -> None:
    next(generation_folder(home, 1).glob("*/vectors/*")).unlink()
    assert set(broken(home)) == {OPENS}


@pytest.mark.parametrize("content", ["", "{}", '{"number": 7, "sha256": "0"}', "\x00\x01", "[]"])
def test_a_pointer_to_no_generation_is_found(home: Path, content: str) -> None:
    (home / "indexes" / "CURRENT").write_text(content)
    assert set(broken(home)) == {OPENS}


def test_without_a_pointer_everything_is_searched_from_the_library_and_the_finding_says_so(home: Path) -> None:
    (home / "indexes" / "CURRENT").unlink()
    findings = examined(home)
    assert all(finding.sound for finding in findings.values())
    assert "no generation published" in findings["the indexes hold every passage"].unit
    assert findings[BY_WORDS].checked == findings[QUOTES].checked > 0


def test_indexes_of_another_library_are_found(home: Path, tmp_path: Path) -> None:
    with opened_parts(tmp_path / "other") as parts:
        assert list(parts.ingester.put_all(map(Draft, ARTICLES)))
        parts.rebuild()
    (home / "indexes").rename(tmp_path / "former")
    (tmp_path / "other" / "indexes").rename(home / "indexes")
    assert "another library" in broken(home)[OPENS][0]


def test_other_limits_than_the_librarys_are_found_and_named(home: Path) -> None:
    finding = examined(home, max_tokens=50)[OPENS]
    assert "BYLINE_MAX_TOKENS" in finding.problems[0]
    assert finding.remedy == "see the message", "`byline rebuild` alone would not help"
