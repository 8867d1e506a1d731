"""Vectors and word pieces that are missing, another passage's or an earlier Byline's are found and put right."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryMismatch
from indexing.encoders.backend import Precision
from indexing.encoders.protocol import PieceEncoder
from indexing.errors import EncoderNotFound
from indexing.ingest import Draft
from service.compose import Parts, opened
from service.doctor.library import examine_library
from service.settings import Settings, load_settings
from tests.fakes import WordEncoder, fake_settings
from tests.service.doctor.examined import VECTORS, broken, damage, examined, opened_parts, passages_of_council, resplit


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
            parts.rebuild()
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
