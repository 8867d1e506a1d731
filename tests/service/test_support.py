"""A sentence is borne out by words of a passage that are like it and hold its numbers and names."""

from collections.abc import Sequence
from datetime import date

import pytest

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.late.pieces import loaded, stored
from service.core.claims import names_of, numbers_of
from service.core.grounding import Supported
from service.core.support import Supporter
from tests.fakes import WordEncoder

ENCODER = WordEncoder()
TEXT = "The harbour reopened on Tuesday. Engineers had checked all 14 cranes. Mayor Čapek thanked two crews."


def row(text: str = TEXT) -> PassageRow:
    return PassageRow(
        *(7, "harbour", "0" * 64, Span(90, 90 + len(text)), text),
        *("Storm over Salthaven", "Coast & Country", date(2024, 1, 6), None),
        searchable=True,
    )


def borne_out(sentence: str, passage: PassageRow) -> Supported | None:
    (encoded,) = ENCODER.encode_passages_with_pieces([passage.text])
    pieces = {passage.passage_id: loaded(stored(encoded, passage.text, prefix=0))}
    return Supporter(encoder=ENCODER, pieces=pieces, idf=lambda _: 3.0)(sentence, passage)


def words(sentence: str, text: str = TEXT) -> str | None:
    found = borne_out(sentence, row(text))
    return None if found is None else found.within.of(text)


@pytest.mark.parametrize(
    ("sentence", "numbers", "names"),
    [
        ("The crane fell on a roof.", [], []),
        ("The crane of Salthaven fell in May.", [], ["may", "salthaven"]),
        ("Salthaven has a crane.", [], ["salthaven"]),
        ("All 14 cranes cost 1,250.5 pounds.", ["1250.5", "14"], []),
        ("It has fourteen cranes and two ferries.", ["14", "2"], []),
        ("Two ferries and a dozen boats.", ["12", "2"], []),
        ("It cost forty million, or 14.3.", ["1000000", "14.3", "40"], []),
        ("No one was hurt.", [], []),
        ("It sank on the 5th, said Čapek.", ["5"], ["capek"]),
        ("", [], []),
    ],
)
def test_a_sentence_is_held_to_its_numbers_and_names(
    sentence: str, numbers: Sequence[str], names: Sequence[str]
) -> None:
    assert sorted(numbers_of(sentence)) == numbers
    assert sorted(names_of(sentence)) == names


@pytest.mark.parametrize(
    "sentence",
    [
        "Engineers had checked all 14.3 cranes.",
        "Engineers had _not_ checked all 14 cranes.",
        "Engineers had checked all 6 cranes.",
        "If engineers had checked all 14 cranes.",
        "Had engineers checked all 14 cranes?",
        "Engineers would have checked all 14 cranes.",
        "Westport had checked all 14 cranes.",
        f"Engineers had checked all 14 cranes {'stole' * 30}.",
    ],
)
def test_what_says_something_else_in_the_same_words_is_not_borne_out(sentence: str) -> None:
    assert words("Engineers had checked all 14 cranes.") == "Engineers had checked all 14 cranes."
    assert words(sentence) is None


def test_the_sentence_that_says_it_is_told_by_its_place_and_likeness() -> None:
    found = borne_out("Engineers checked all 14 cranes.", row())
    assert found is not None
    assert found.within.of(TEXT) == "Engineers had checked all 14 cranes."
    assert 0.5 <= found.score <= 1


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("All fourteen cranes had been checked.", True),
        ("All 15 cranes had been checked.", False),
        ("All fifteen cranes had been checked.", False),
        ("All forty cranes had been checked.", False),
        ("Mayor Capek thanked 2 crews.", True),
        ("Mayor Novák thanked two crews.", False),
        ("The harbour reopened on Tuesday in Salthaven.", True),
        ("The harbour reopened on Tuesday in Westport.", False),
        ("The harbour reopened on Monday.", False),
    ],
)
def test_numbers_in_words_or_figures_and_names_must_stand_in_the_passage_or_its_title(
    sentence: str, *, said: bool
) -> None:
    assert (words(sentence) is not None) is said


@pytest.mark.parametrize(
    "origin", ["in Coast & Country", "on 6 January 2024", "on 2024-01-06", "in January", "in Salthaven"]
)
def test_the_date_the_publisher_and_the_title_of_a_passage_count_as_said(origin: str) -> None:
    assert words(f"The harbour reopened on Tuesday {origin}.") is not None


@pytest.mark.parametrize("origin", ["in Coast & City", "on 7 January 2024", "on 2024-01-07", "in June", "in 2023"])
def test_another_date_or_publisher_does_not(origin: str) -> None:
    assert words(f"The harbour reopened on Tuesday {origin}.") is None


def test_two_sentences_in_a_row_may_say_together_what_neither_says() -> None:
    text = "Buses ran. Rain flooded the northern tunnel. Angry commuters waited outside. Trams stopped."
    together = "Rain flooded the northern tunnel while angry commuters waited outside for hours near schools."
    assert words(together, text) == "Rain flooded the northern tunnel. Angry commuters waited outside."


@pytest.mark.parametrize("sentence", ["A submarine exploded.", "It is so.", "!", "…and so on."])
def test_what_is_like_no_sentence_is_not_borne_out(sentence: str) -> None:
    assert words(sentence) is None


def test_a_passage_without_words_bears_nothing_out() -> None:
    assert words("The harbour reopened.", "…") is None


def test_a_passage_does_not_bear_out_what_only_its_title_says() -> None:
    assert words("A storm came over the town.") is None
