"""What a model wrote is held to what it was given: every sentence is borne out by what it cites, or is dropped."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import cycle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.article import Span
from corpus.library.records import PassageRow
from service.core.grounding import INVENTED, UNCITED, UNSUPPORTED, Grounded, Support, Supported, grounded

MARKED = re.compile(r"[\[［【〔]([^\[［【〔\]］】〕]*\d[^\[［【〔\]］】〕]*)[\]］】〕]")
"""Whatever a reader could take for a marker."""


def row(number: int, text: str, *, article: str | None = None, start: int = 0) -> PassageRow:
    span = Span(start, start + len(text))
    return PassageRow(number, article or f"a{number}", "0" * 64, span, text, "T", None, None, None, searchable=True)


GIVEN = [row(11, "The crane fell."), row(12, "The ferry sank at noon."), row(13, "Nobody was hurt.")]


def says_so(_: str, passage: PassageRow) -> Supported:
    return Supported(Span(0, len(passage.text)), 0.9)


def only(*numbers: int) -> Support:
    return lambda sentence, passage: says_so(sentence, passage) if passage.passage_id in numbers else None


def never(_: str, __: PassageRow) -> None:
    return None


def text_of(found: Grounded) -> str:
    assert found.answer is not None
    return found.answer.text


def quotes(found: Grounded) -> list[tuple[int, str]]:
    return [] if found.answer is None else [(one.marker, one.quote) for one in found.answer.citations]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("It fell [1].", "It fell. [1]"),
        ("It fell. [1]", "It fell. [1]"),
        ("It fell.[1] It sank![2]", "It fell. [1] It sank! [2]"),
        ("It fell [1][2].", "It fell. [1][2]"),
        ("It fell [1] [ 2 ].", "It fell. [1][2]"),
        ("It fell [1, 2].", "It fell. [1][2]"),
        ("It fell. [1; 2] It sank [2].", "It fell. [1][2] It sank. [2]"),
        ("It fell [1], it sank [2].", "It fell, it sank. [1][2]"),
        ("“It fell.” [1] It sank [2].", "“It fell.” [1] It sank. [2]"),
        ("- It fell. [1]\n- It sank [2].", "It fell. [1] It sank. [2]"),
        ("1. It fell [1].\n2) It sank [2].", "It fell. [1] It sank. [2]"),
        ("  It fell\t[1].\n\n\u00a0It sank [2].\r\n", "It fell. [1] It sank. [2]"),
        ("It fell [001].", "It fell. [1]"),
        ("It [sic] fell [1].", "It [sic] fell. [1]"),
    ],
)
def test_wherever_a_model_puts_its_markers_they_stay_with_their_sentence(written: str, expected: str) -> None:
    found = grounded(written, GIVEN, support=says_so)
    assert text_of(found) == expected
    assert found.dropped == ()
    assert quotes(found) == list(enumerate([passage.text for passage in GIVEN[: len(quotes(found))]], start=1))


@pytest.mark.parametrize("odd", ["[4]", "[0]", "[1][4]", "[1, 99]", f"[{'9' * 6000}]", "[１]", "[१]", "[1, ४]", "[१2]"])
def test_a_sentence_with_an_invented_marker_is_dropped_though_another_of_its_markers_is_real(odd: str) -> None:
    found = grounded(f"It fell {odd}. It sank [2].", GIVEN, support=says_so)
    assert text_of(found) == "It sank. [1]"
    assert [(one.text, one.reason) for one in found.dropped] == [("It fell.", INVENTED)]


@pytest.mark.parametrize(
    "odd", ["[1-3]", "[²]", "[[1]7]", "[1[1]]", "【1】", "【1†a】", "［1］", "[\u200b7]", "[^1]", "[p. 7]"]
)
def test_what_only_looks_like_a_marker_is_as_good_as_invented(odd: str) -> None:
    found = grounded(f"It fell {odd} [1].", GIVEN, support=says_so)
    assert found.answer is None
    assert [one.reason for one in found.dropped] == [INVENTED]


def test_a_sentence_that_cites_nothing_is_dropped_and_so_is_one_that_was_cut_off() -> None:
    found = grounded("It fell. It sank [2]. Nobody was", GIVEN, support=says_so)
    assert text_of(found) == "It sank. [1]"
    assert [(one.text, one.reason) for one in found.dropped] == [("It fell.", UNCITED), ("Nobody was", UNCITED)]


def test_what_no_cited_passage_says_is_dropped() -> None:
    found = grounded("It fell [1]. It sank [2].", GIVEN, support=only(12))
    assert text_of(found) == "It sank. [1]"
    assert quotes(found) == [(1, GIVEN[1].text)]
    assert [(one.text, one.reason) for one in found.dropped] == [("It fell.", UNSUPPORTED)]


def test_of_two_cited_passages_the_one_that_says_it_stays() -> None:
    found = grounded("It sank [1][2].", GIVEN, support=only(12))
    assert (text_of(found), found.dropped) == ("It sank. [1]", ())
    assert quotes(found) == [(1, GIVEN[1].text)]


def test_a_passage_that_is_not_cited_bears_nothing_out() -> None:
    assert grounded("It sank [1].", GIVEN, support=only(12)).answer is None


def test_the_same_words_cited_twice_have_one_marker() -> None:
    found = grounded("It sank [2]. It fell [1]. At noon it sank [2][2].", GIVEN, support=says_so)
    assert text_of(found) == "It sank. [1] It fell. [2] At noon it sank. [1]"
    assert quotes(found) == [(1, GIVEN[1].text), (2, GIVEN[0].text)]


def test_the_same_words_in_two_overlapping_passages_have_one_marker() -> None:
    text = "It fell. It sank."
    overlapping = [row(1, text, article="a"), row(2, "It sank.", article="a", start=9)]

    def second_sentence(_: str, passage: PassageRow) -> Supported:
        return Supported(Span(len(passage.text) - 8, len(passage.text)), 0.9)

    found = grounded("It sank [1][2].", overlapping, support=second_sentence)
    assert (text_of(found), quotes(found)) == ("It sank. [1]", [(1, "It sank.")])


@pytest.mark.parametrize("written", ["", "-\n", "* ", "1. ", "[1]", ".", "[1] [2].\n\n[3]", "…"])
def test_a_text_without_words_leaves_nothing(written: str) -> None:
    assert grounded(written, GIVEN, support=says_so) == Grounded(None, ())


def test_without_passages_nothing_stays() -> None:
    assert [one.reason for one in grounded("It fell [1].", [], support=says_so).dropped] == [INVENTED]


def test_nothing_of_a_refused_text_is_left() -> None:
    found = grounded("It fell [1]. It sank [2].", GIVEN, support=never)
    assert found.answer is None
    assert len(found.dropped) == 2


FRAGMENTS = st.sampled_from(
    [
        *(
            "[",
            "]",
            "[1]",
            " [2]",
            "[3].",
            "[1, 2]",
            "[1][3]",
            "[7]",
            "[0]",
            "[[1]7]",
            "[1[1]]",
            "【1】",
            "[²]",
            "[1",
            "2]",
        ),
        *(".", ". ", "! ", "\n", "\n- ", "\n2. ", ",", ";", " ", "\u00a0", "”", "1", "７", "It fell", "U.S.", "a"),
    ]
)
WRITTEN = st.lists(FRAGMENTS | st.text(max_size=3), max_size=25).map("".join) | st.text()


@given(written=WRITTEN, decisions=st.lists(st.integers(0, 2), min_size=1, max_size=12))
@example("A [[1]7] b.", [1])
@example("A [1[1]].", [1])
@example("A [1] 【7】.", [1])
@example("A [. [1]\n7] b. [2]", [1])
def test_whatever_is_written_every_marker_is_a_citation_and_no_word_is_lost(
    written: str, decisions: Iterable[int]
) -> None:
    """A decision is 0 for what a passage does not say, or how many words of the passage say it."""
    decided = cycle(decisions)

    def support(_: str, passage: PassageRow) -> Supported | None:
        if not (words := next(decided)):
            return None
        return Supported(Span(0, len(" ".join(passage.text.split()[:words]))), 0.5)

    found = grounded(written, GIVEN, support=support)
    text, citations = ("", ()) if found.answer is None else (found.answer.text, found.answer.citations)
    assert list(dict.fromkeys(MARKED.findall(text))) == [str(number) for number in range(1, len(citations) + 1)]
    assert [citation.marker for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        assert citation.passage in GIVEN
        assert citation.quote == citation.span.of(citation.passage.text)
    left = text + "".join(one.text for one in found.dropped)
    assert Counter(filter(str.isalpha, left)) == Counter(filter(str.isalpha, written))
