"""Where citations stand in answers: each at the words it supports, whatever these are."""

from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Span
from corpus.library.records import PassageRow
from service.core.extract import Sentence
from service.core.grounding import Supported, grounded
from service.core.placing import placed
from service.core.selection import SECOND_SHARE, answer_of
from service.core.values import Answer, cite

QUOTES = st.text(
    st.sampled_from("ab1²٣ .[]()🌊e\u0301\u00a0\n\u2028") | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()))


def row_of(text: str, number: int = 1) -> PassageRow:
    span = Span(3, 3 + len(text))
    return PassageRow(number, f"a{number}", "0" * 64, span, text, "t", None, None, None, searchable=True)


def sentence_of(text: str, number: int, *, score: float) -> Sentence:
    return Sentence(row_of(text, number), Span(0, len(text)), score)


@given(st.lists(QUOTES, min_size=1, max_size=2))
def test_an_extracts_citations_stand_at_their_quotes(quotes: list[str]) -> None:
    """Other brackets stand for those of a quote's own numbers, and of what would be links, character for character."""
    scores = (1.0, SECOND_SHARE)
    sentences = [sentence_of(text, number, score=scores[number]) for number, text in enumerate(quotes)]
    answer = answer_of("what", [sentences])
    found = placed(answer)
    assert [one.citation for one in found] == list(answer.citations)
    for one in found:
        words = one.span.of(answer.text)
        assert len(words) == len(one.citation.quote)
        assert all(
            said == own or (said, own) in {("(", "["), (")", "]"), ("\u2039", "<")}
            for said, own in zip(words, one.citation.quote, strict=True)
        )


def test_a_sentence_with_two_markers_has_two_citations_and_a_citation_may_stand_twice() -> None:
    rows = [row_of("Engineers had checked all 14 cranes.", 1), row_of("All cranes were checked.", 2)]
    written = "All cranes were checked [1][2]. A gale blew. Engineers did it [1]."
    checked = grounded(
        written,
        rows,
        support=lambda sentence, row: Supported(Span(0, len(row.text)), 0.9),  # noqa: ARG005 - a protocol's names
    )
    assert checked.answer is not None
    text = checked.answer.text
    assert [(one.span.of(text), one.citation.marker) for one in placed(checked.answer)] == [
        ("All cranes were checked.", 1),
        ("All cranes were checked.", 2),
        ("Engineers did it.", 1),
    ]


@given(
    st.lists(
        st.tuples(QUOTES.map(lambda text: text.replace("[", "(")), st.sets(st.integers(1, 12), min_size=1)), min_size=1
    )
)
def test_every_marker_of_an_answer_is_found_at_the_words_before_it(parts: list[tuple[str, set[int]]]) -> None:
    row = row_of("x")
    citations = tuple(cite(row, Span(0, 1), marker=number, score=1.0) for number in range(1, 13))
    text = " ".join(f"{words} " + "".join(f"[{number}]" for number in sorted(some)) for words, some in parts)
    found = [(one.span.of(text), one.citation.marker) for one in placed(Answer(text, citations))]
    assert found == [(words, number) for words, some in parts for number in sorted(some)]
