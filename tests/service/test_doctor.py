"""The doctor: every check finds the damage it is for, and finds nothing on a library that nobody has touched."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import LibraryBroken, LibraryMismatch
from corpus.library.rows.checksums import seal
from corpus.library.sqlite import schema
from indexing.encoders.backend import Precision
from indexing.encoders.protocol import PieceEncoder
from indexing.errors import EncoderNotFound, IndexBroken
from indexing.generations.manifest import generation_folder
from indexing.ingest import Draft
from service.compose import Parts, opened
from service.doctor.finding import Finding
from service.doctor.library import examine_library
from service.settings import Settings, load_settings
from tests.fakes import WordEncoder, fake_parts, fake_settings

HASHES = "a revision's name is its text's SHA-256"
ROWS = "every row is what was written"
QUOTES = "a passage is exactly text[start:end]"
COVERED = "the text is covered, skipped parts are not"
OPENS = "the indexes open"
LIBRARY_OPENS = "the library opens"
VECTORS = "what is stored is what the encoder makes of its passage"
SOUND = "the database is sound"
BY_VECTOR = "a stored passage is found by its vector"
BY_WORDS = "a stored passage is found by its words"
STALE = "nothing taken out is found"

TEXT = "\n\n".join(
    f"On day {day} the council of Salthaven met in hall {day * 7}. It heard witness number {day * 11} about the crane."
    for day in range(1, 9)
)
ADVERT = "Sign up for our newsletter today."
ARTICLES = (
    Article(id="council", title="Council meets", text=TEXT, publisher="Courier", published_at=date(2024, 1, 16)),
    Article(
        id="ferry",
        title="Ferry sinks",
        text=f"The ferry sank on Monday. 😀\n\n{ADVERT}\n\nNobody was hurt.",
        skipped=(Skip(Span(29, 29 + len(ADVERT)), SkipReason.SHARING),),
    ),
)


@contextmanager
def opened_parts(home: Path, *, max_tokens: int = 40, encoder: WordEncoder | None = None) -> Iterator[Parts]:
    parts = fake_parts(home, encoder=encoder, max_tokens=max_tokens, overlap_tokens=8)
    try:
        yield parts
    finally:
        parts.close()


def examined(home: Path, *, max_tokens: int = 40, encoder: WordEncoder | None = None) -> dict[str, Finding]:
    """Every finding by the name of its check."""
    with opened_parts(home, max_tokens=max_tokens, encoder=encoder) as parts:
        return {finding.check: finding for finding in examine_library(parts)}


def broken(home: Path, *, encoder: WordEncoder | None = None) -> dict[str, tuple[str, ...]]:
    """The problems of the checks that found any; each of these checks says what to do."""
    found = {check: finding for check, finding in examined(home, encoder=encoder).items() if not finding.sound}
    assert all(finding.remedy for finding in found.values())
    return {check: finding.problems for check, finding in found.items()}


def damage(home: Path, *statements: str, sealed: bool = True) -> None:
    """Changes the database behind the library's back; `sealed` as if the rows had been written like this."""
    with closing(sqlite3.connect(schema.database(home))) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, f"nothing was damaged: {statement}"
        if sealed:
            seal(connection)


def resplit(home: Path) -> None:
    """What `byline rebuild --resplit` does."""
    with opened_parts(home) as parts:
        assert list(parts.reingester.resplit())
        parts.compact()


@pytest.fixture
def unpublished(tmp_path: Path) -> Path:
    """A library of two articles, their passages served from memory."""
    home = tmp_path / "library"
    with opened_parts(home) as parts:
        assert len(list(parts.ingester.put_all(map(Draft, ARTICLES)))) == len(ARTICLES)
    return home


@pytest.fixture
def home(unpublished: Path) -> Path:
    """A library of two articles with a published generation."""
    with opened_parts(unpublished) as parts:
        parts.compact()
    return unpublished


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


def passages_of_council(home: Path) -> list[int]:
    with opened_parts(home) as parts, parts.library.snapshot() as snapshot:
        return [row.passage_id for row in snapshot.passages_of("council")]


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


class LongerPieces(WordEncoder):
    """Under the name and hash of a WordEncoder, and counts more word pieces than it."""

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        return [20 * count for count in super().count_pieces(texts)]


def test_a_passage_that_the_encoder_does_not_read_whole_is_found(home: Path) -> None:
    assert list(broken(home, encoder=LongerPieces())) == ["the encoder reads each whole (up to 256 word pieces)"]


@pytest.mark.parametrize("published", [False, True])
def test_a_vector_that_is_missing_is_found_and_the_remedy_named_brings_it_back(
    unpublished: Path, *, published: bool
) -> None:
    home = unpublished
    if published:
        with opened_parts(home) as parts:
            parts.compact()
    damage(home, "DELETE FROM vectors WHERE passage_id = 2")
    (finding,) = [finding for finding in examined(home).values() if not finding.sound]
    assert "passage 2 has no vector" in finding.problems[0]
    assert finding.remedy == "run `byline rebuild --resplit`"
    resplit(home)
    assert broken(home) == {}


def test_a_vector_that_is_another_passages_is_found_and_the_remedy_named_puts_it_right(home: Path) -> None:
    damage(home, "UPDATE vectors SET vector = (SELECT vector FROM vectors WHERE passage_id = 2) WHERE passage_id = 1")
    findings = examined(home)
    assert findings[VECTORS].problems == ("passage 1 has another vector",)
    assert findings[VECTORS].remedy == "run `byline rebuild --resplit`"
    resplit(home)
    assert broken(home) == {}


def test_word_pieces_that_are_missing_or_another_passages_are_found_and_the_remedy_named_puts_them_right(
    home: Path,
) -> None:
    damage(home, "UPDATE pieces SET codes = x'00' WHERE passage_id = 1")
    with opened_parts(home) as parts, pytest.raises(LibraryBroken, match="word pieces are damaged"):
        parts.engine.search("council", k=9)
    resplit(home)
    first = min(passages_of_council(home))
    damage(home, f"UPDATE pieces SET codes = zeroblob(length(codes)) WHERE passage_id = {first}")  # noqa: S608 - a number from this file
    assert examined(home)[VECTORS].problems == (f"passage {first} has other word pieces",)
    damage(home, f"DELETE FROM pieces WHERE passage_id = {first}")  # noqa: S608 - a number from this file
    missing = {"every passage has its vector and word pieces": (f"passage {first} has no word pieces",)}
    assert broken(home) == missing
    with opened_parts(home) as parts, pytest.raises(LibraryBroken, match=f"passage {first} has no word pieces"):
        parts.engine.search("council", k=9)
    resplit(home)
    assert broken(home) == {}


def test_a_library_of_a_byline_without_word_pieces_is_refused_until_it_is_split_anew(home: Path) -> None:
    """As version 1 of the schema left it; nothing that was stored is lost."""
    damage(
        home,
        "DROP TABLE pieces",
        *(f"ALTER TABLE {table} DROP COLUMN checksum" for table in ("articles", "revisions", "passages")),
        *(f"ALTER TABLE passages DROP COLUMN {column}" for column in ("vector_checksum", "pieces_checksum")),
        "PRAGMA user_version = 1",
        "UPDATE meta SET value = json_remove(value, '$.piece_codes') WHERE key = 'identity'",
        sealed=False,
    )
    with opened_parts(home) as parts:
        with parts.library.snapshot() as snapshot:
            before = snapshot.revision("council").article
        for use in (lambda: parts.engine.search("council", k=3), lambda: parts.ingester.put(Draft(before))):
            with pytest.raises(LibraryMismatch, match="run `byline rebuild --resplit`"):
                use()
        parts.remove("ferry")
    finding = examined(home)["every passage has its vector and word pieces"]
    assert finding.problems
    assert finding.remedy == "run `byline rebuild --resplit`"
    resplit(home)
    assert broken(home) == {}
    with opened_parts(home) as parts:
        assert parts.engine.article("council").article == before
        assert parts.engine.search("council", k=3)


def test_a_passage_that_the_indexes_do_not_hold_is_found_by_vector_and_by_words(unpublished: Path) -> None:
    damage(unpublished, "UPDATE passages SET retired_in = 1 WHERE passage_id = 1")
    with opened_parts(unpublished) as parts:
        parts.compact()
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
        parts.compact()
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
        parts.compact()
    (home / "indexes").rename(tmp_path / "former")
    (tmp_path / "other" / "indexes").rename(home / "indexes")
    assert "another library" in broken(home)[OPENS][0]


def test_other_limits_than_the_librarys_are_found_and_named(home: Path) -> None:
    finding = examined(home, max_tokens=50)[OPENS]
    assert "BYLINE_MAX_TOKENS" in finding.problems[0]
    assert finding.remedy == "see the message", "`byline rebuild` alone would not help"


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


def test_an_encoder_that_cannot_be_had_is_found_and_what_needs_none_was_checked_before(home: Path) -> None:
    def missing(_: Settings) -> PieceEncoder:
        raise EncoderNotFound("all-MiniLM-L6-v2", "it is not there")

    parts = Parts(fake_settings(home), encoder=missing)
    try:
        findings = list(examine_library(parts))
    finally:
        parts.close()
    assert [finding.sound for finding in findings] == [True] * 6 + [False]
    assert "it is not there" in findings[-1].problems[0]


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
                    parts.compact()
                else:
                    assert parts.ingester
                    with parts.library.snapshot() as snapshot:
                        ids = [summary.id for summary in snapshot.summaries(limit=1)]
                    for article_id in ids:
                        parts.remove(article_id)
            found = [finding for finding in examine_library(parts) if not finding.sound]
        assert found == []
        assert broken(home) == {}


_REAL_TEXTS = [
    "The harbour reopened on Tuesday after engineers had checked 14 cranes; two ferries, officials said, stayed.",
    "A patrol of four soldiers crossed the line at 08:04, fired twice and withdrew.\n\nL'accord sera signé à Genève.",
    "The council voted 7 to 5 against the plan. Müller resigned; 서울은 논평하지 않았다. Nobody knows why. 😀",
]


@pytest.mark.model
def test_a_library_encoded_in_one_precision_is_sound_to_the_other(tmp_path: Path) -> None:
    articles = [Article(f"a{number}", text, "Harbour reopens") for number, text in enumerate(_REAL_TEXTS)]
    for written, read in permutations(Precision):
        home = tmp_path / written
        configured = load_settings(home=home).model_copy(update={"encoder_precision": written})
        with opened(configured) as parts:
            list(parts.ingester.put_all(map(Draft, articles)))
        with opened(configured.model_copy(update={"encoder_precision": read})) as parts:
            assert [finding for finding in examine_library(parts) if finding.problems] == []
