"""What the library stores: every check finds the damage it is for, and nothing where nobody touched it."""

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import LibraryBroken
from corpus.library.sqlite import schema
from indexing.errors import IndexBroken
from indexing.ingest import Draft
from service.doctor.library import examine_library
from tests.service.doctor.examined import (
    ADVERT,
    ARTICLES,
    BY_VECTOR,
    BY_WORDS,
    COVERED,
    HASHES,
    LIBRARY_OPENS,
    QUOTES,
    ROWS,
    SOUND,
    TEXT,
    VECTORS,
    broken,
    damage,
    examined,
    opened_parts,
    passages_of_council,
    resplit,
)


def test_a_library_that_nobody_touched_is_sound_and_the_counts_are_of_all_it_holds(home: Path) -> None:
    findings = examined(home)
    assert all(finding.sound for finding in findings.values())
    with opened_parts(home) as parts, parts.library.snapshot() as snapshot:
        counts = snapshot.counts()
    assert counts.passages > 5
    assert findings[HASHES].checked == counts.revisions == 2
    assert findings[QUOTES].checked == findings[BY_VECTOR].checked == findings[BY_WORDS].checked == counts.passages
    kept = [character for article in ARTICLES for character in article.text if not character.isspace()]
    assert findings[COVERED].checked == len(kept) - len(ADVERT.replace(" ", ""))
    assert {finding.promise for finding in findings.values()} == {None, 1, 3, 4, 5}


def test_an_empty_library_is_sound(tmp_path: Path) -> None:
    with opened_parts(tmp_path) as parts:
        assert parts.ingester
    assert broken(tmp_path) == {}


def test_where_there_is_no_library_one_finding_says_so(tmp_path: Path) -> None:
    findings = examined(tmp_path / "nowhere")
    assert list(findings) == [LIBRARY_OPENS]
    assert "no library here yet" in findings[LIBRARY_OPENS].problems[0]
    assert not (tmp_path / "nowhere").exists()


def test_another_text_under_the_same_revision_is_found(home: Path) -> None:
    damage(home, "UPDATE revisions SET text = replace(text, 'Monday', 'Friday') WHERE article_id = 'ferry'")
    found = broken(home)
    assert set(found) == {HASHES}
    assert found[HASHES][0].startswith("ferry: ")


@pytest.mark.parametrize(
    ("change", "named", "remedy"),
    [
        (
            "UPDATE articles SET revision_id = 1 WHERE article_id = 'ferry'",
            "the row of article ferry",
            "byline restore",
        ),
        (
            "UPDATE revisions SET title = 'Ferry sank' WHERE article_id = 'ferry'",
            "of ferry is damaged",
            "byline restore",
        ),
        ("UPDATE passages SET start = start + 1 WHERE passage_id = 2", "the row of passage 2", "byline restore"),
        ("UPDATE passages SET retired_in = 1 WHERE passage_id = 2", "the row of passage 2", "byline restore"),
        ("UPDATE vectors SET vector = zeroblob(96) WHERE passage_id = 2", "the vector of passage 2", "--resplit"),
        ("UPDATE pieces SET codes = zeroblob(length(codes)) WHERE passage_id = 2", "pieces of passage 2", "--resplit"),
        (
            "UPDATE pieces SET places = zeroblob(length(places)) WHERE passage_id = 2",
            "pieces of passage 2",
            "--resplit",
        ),
    ],
)
def test_a_value_that_is_not_what_was_written_is_found_and_put_right_where_it_can_be(
    home: Path, change: str, named: str, remedy: str
) -> None:
    damage(home, change, sealed=False)
    (finding,) = [finding for finding in examined(home).values() if not finding.sound]
    assert finding.check == ROWS
    assert named in finding.problems[0]
    assert remedy in str(finding.remedy)
    if "UPDATE vectors" not in change:
        # vectors are searched by the indexes' own copies
        with pytest.raises((LibraryBroken, IndexBroken)):
            use_all(home)
    if remedy == "--resplit":
        resplit(home)
        assert broken(home) == {}


def use_all(home: Path) -> None:
    with opened_parts(home) as parts:
        parts.engine.search("council ferry", k=50)
        parts.engine.article("ferry")


def test_another_text_of_a_removed_article_is_found_too(home: Path) -> None:
    with opened_parts(home) as parts:
        parts.remove("ferry")
    damage(home, "UPDATE revisions SET text = replace(text, 'Monday', 'Friday') WHERE article_id = 'ferry'")
    assert set(broken(home)) == {HASHES}


def move(home: Path, passage_id: int, change: str) -> None:
    """Changes a passage's positions, which the database itself would not have."""
    statement = f"UPDATE passages SET {change} WHERE passage_id = {passage_id}"  # noqa: S608 - from this file
    damage(home, "PRAGMA ignore_check_constraints = ON", statement)


def test_a_passage_that_reaches_beyond_its_text_is_found(home: Path) -> None:
    move(home, passages_of_council(home)[-1], '"end" = 100000')
    assert QUOTES in broken(home)


@pytest.mark.parametrize("change", ['"end" = start', '"end" = start - 1', "start = -3"])
def test_a_passage_whose_positions_are_no_span_is_refused_by_the_database_and_found(home: Path, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint"):
        damage(home, f"UPDATE passages SET {change} WHERE passage_id = 1")  # noqa: S608 - from above
    move(home, passages_of_council(home)[-1], change)
    assert set(broken(home)) == {SOUND}


def test_a_part_of_the_text_that_no_passage_holds_is_found(home: Path) -> None:
    move(home, passages_of_council(home)[-1], "start = start + 3")
    found = broken(home)
    assert COVERED in found
    assert found[COVERED][0].startswith("council: 2 characters")


def test_a_passage_that_was_lost_is_found(home: Path) -> None:
    damage(home, "UPDATE passages SET retired_in = 1 WHERE passage_id = (SELECT max(passage_id) FROM passages)")
    assert "ferry" in broken(home)[COVERED][0]


def test_a_passage_that_holds_a_skipped_part_is_found(home: Path) -> None:
    damage(home, 'UPDATE passages SET "end" = 40 WHERE passage_id = (SELECT max(passage_id) - 1 FROM passages)')
    found = broken(home)
    assert "ferry" in found[COVERED][0]


def test_a_passage_longer_than_its_bound_in_tokens_is_found(home: Path) -> None:
    move(home, passages_of_council(home)[0], f'"end" = {len(TEXT)}')
    found = broken(home)
    assert "passage 1 has " in found["no passage exceeds 40 tokens"][0]
    assert set(found) <= {"no passage exceeds 40 tokens", VECTORS, BY_WORDS}


def test_an_article_that_points_nowhere_is_found(home: Path) -> None:
    damage(home, "UPDATE articles SET revision_id = 99 WHERE article_id = 'ferry'")
    findings = examined(home)
    assert list(findings) == [SOUND]
    assert "points nowhere" in findings[SOUND].problems[0]


def test_a_database_cut_short_is_found(home: Path) -> None:
    file = schema.database(home)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    found = broken(home)
    assert len(found) == 1
    assert set(found) <= {LIBRARY_OPENS, SOUND}


def test_a_page_of_the_database_overwritten_is_found(home: Path) -> None:
    file = schema.database(home)
    content = bytearray(file.read_bytes())
    for page in range(1, len(content) // 4096):
        changed = content.copy()
        changed[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        file.write_bytes(changed)
        assert broken(home), f"page {page} of {len(content) // 4096}"


_WORD = st.sampled_from(["crane", "ferry", "😀", "Müller", "e\u0301", "harbour", "14", "the", "and", "U.S.", "said"])
_WORDS = st.lists(_WORD, min_size=1, max_size=60)
_TEXTS = st.lists(_WORDS.map(" ".join), min_size=1, max_size=5).map(".\n\n".join)


@st.composite
def _articles(draw: st.DrawFn) -> Article:
    text = draw(_TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
    skipped = tuple(Skip(Span(start, end), SkipReason.LINKS) for start, end in zip(cuts[::2], cuts[1::2], strict=False))
    return Article(id=draw(st.sampled_from("abcd")), title=draw(_WORDS.map(" ".join)), text=text, skipped=skipped)


@given(steps=st.lists(st.one_of(_articles(), st.sampled_from(["remove", "publish"])), min_size=1, max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_stored_replaced_removed_and_published_the_library_stays_sound(
    steps: list[Article | str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with opened_parts(home) as parts:
            for step in steps:
                if isinstance(step, Article):
                    parts.ingester.put(Draft(step))
                elif step == "publish":
                    assert parts.ingester
                    parts.rebuild()
                else:
                    assert parts.ingester
                    with parts.library.snapshot() as snapshot:
                        ids = [summary.id for summary in snapshot.summaries(limit=1)]
                    for article_id in ids:
                        parts.remove(article_id)
            found = [finding for finding in examine_library(parts) if not finding.sound]
        assert found == []
        assert broken(home) == {}
