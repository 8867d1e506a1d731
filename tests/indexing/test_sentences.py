"""Sentences as spans: together they are the text without its white space, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Span
from indexing.sentences import sentences, trimmed
from tests.indexing.samples import LAW

TEXTS = st.one_of(
    st.text(
        st.sampled_from(
            "aB. !?\n\r\t\x0b\x0c\x1c\x85\u2028\u2029\xa0\u3000\u2009'\"”“()[]1,;:—…。！？\u0301\u200d😀한\u0600é*-ID"
        ),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.sampled_from([*'B W.\xa0\u3000x)"\u0301', "Mr", "p.m", "Oh "]), min_size=1, max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40),
)


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text, Span(0, len(text)))]


@LAW
@given(data=st.data(), text=TEXTS)
def test_every_character_that_is_no_white_space_is_in_exactly_one_sentence(data: st.DataObject, text: str) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    within = Span(start, data.draw(st.integers(start + 1, len(text))))
    found = sentences(text, within)
    covered = [place for span in found for place in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    assert all(within.start <= place < within.end for place in covered)
    assert {place for place in range(within.start, within.end) if not text[place].isspace()} <= set(covered)
    assert found == sorted(found)
    for span in found:
        assert span.of(text) == span.of(text).strip()


@LAW
@given(data=st.data(), text=TEXTS)
def test_trimming_takes_white_space_and_nothing_else(data: st.DataObject, text: str) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = trimmed(text, start, end)
    assert ("" if span is None else span.of(text)) == text[start:end].strip()
    assert span is None or start <= span.start < span.end <= end


@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u3000", "\u202f"])
@pytest.mark.parametrize(
    "text", ["George W{}. Bush spoke.", "B{}.", "Mr{}. A{}. Oh.", "He met J.{}K. Rowling.", "No.{}5."]
)
def test_a_space_of_any_kind_beside_an_initial_is_read_like_a_plain_one(text: str, space: str) -> None:
    plain = text.replace("{}", " ")
    assert sentences(text.replace("{}", space), Span(0, len(plain))) == sentences(plain, Span(0, len(plain)))


def test_sentences_end_at_full_stops_and_not_at_abbreviations() -> None:
    text = (
        "Mr. Oh crossed at 3 p.m. on Monday. Dr. Kim of the U.S. Army agreed. He had walked 1.5 km! Why? Nobody knew."
    )
    assert split(text) == [
        "Mr. Oh crossed at 3 p.m. on Monday.",
        "Dr. Kim of the U.S. Army agreed.",
        "He had walked 1.5 km!",
        "Why?",
        "Nobody knew.",
    ]


def test_a_quoted_sentence_keeps_its_closing_quote() -> None:
    text = "“We fired twice.” The patrol withdrew."
    assert split(text) == ["“We fired twice.”", "The patrol withdrew."]


def test_a_line_break_ends_a_sentence_where_lines_are_of_any_length() -> None:
    text = "Harbour reopens\nBy A. Writer\n\nCranes were checked. All of them\n"
    assert split(text) == ["Harbour reopens", "By A. Writer", "Cranes were checked.", "All of them"]


WRAPPED = """\
The harbour reopened on Tuesday after engineers had checked every one
of its cranes and the divers had looked at the piers below the water.
Nobody was hurt in the storm, the council said, but two ferries would
stay in port until the weekend.

The minister will visit on Friday. She is expected to promise money to
the town, which has asked for help since the last storm, in the spring
of the year before.
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_where_lines_are_wrapped_at_a_fixed_width_only_an_empty_line_ends_a_sentence(newline: str) -> None:
    found = [" ".join(sentence.split()) for sentence in split(WRAPPED.replace("\n", newline))]
    assert [sentence.split()[0] + " … " + sentence.split()[-1] for sentence in found] == [
        "The … water.",
        "Nobody … weekend.",
        "The … Friday.",
        "She … before.",
    ]


def test_the_width_is_judged_within_the_span_alone() -> None:
    text = "Short\nlines\nof a\nlist\n\n" + WRAPPED
    within = Span(text.index("The harbour"), len(text))
    assert len(sentences(text, within)) == 4


def test_white_space_alone_holds_no_sentence() -> None:
    assert sentences(" \n\t\n ", Span(0, 5)) == []


def test_a_line_of_any_length_has_the_sentences_of_its_parts() -> None:
    """Where nothing tells sentences apart, what is cut off is no less than a letter as it is read."""
    short = ["The crane fell.", "Nobody was hurt, it was said.", "“We saw it,” the mayor told reporters."]
    assert split(" ".join(short * 2000)) == short * 2000
    accented = "e\u0301" * 30_000
    parts = split(accented)
    assert "".join(parts) == accented
    assert len(parts) > 1
    assert all(len(part) % 2 == 0 for part in parts)
