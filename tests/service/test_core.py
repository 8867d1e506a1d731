"""The core on its own: citing, choosing sentences, abstaining."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Span
from corpus.library.records import Filters, PassageRow
from indexing.ingest import Draft
from service.compose import Parts
from service.core.cues import leans_on_history
from service.core.errors import BadK, EmptyQuestion, PassageNotFound, QuestionTooLong
from service.core.values import Abstention, Answer, cite
from tests.fakes import fake_parts


def row(text: str, start: int = 0) -> PassageRow:
    return PassageRow(1, "a", "0" * 64, Span(start, start + len(text)), text, "T", None, None, None, searchable=True)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = fake_parts(tmp_path, answerable_threshold=0.22)
    text = (
        "The crane stood still for a year. It was stopped because a bolt had broken.\n\n"
        "The ferry sailed in May. Its crew of twelve was glad."
    )
    made.ingester.put(Draft(Article("harbour", text, "Salthaven")))
    yield made
    made.close()


def test_an_answer_without_a_citation_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="citation"):
        Answer("Because.", ())


@given(text=st.text(min_size=1, max_size=60), start=st.integers(0, 10**6), data=st.data())
def test_a_citation_is_cut_from_its_passage_at_its_place(text: str, start: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    citation = cite(row(text, start), Span(first, last), marker=1, score=0.5)
    assert citation.quote == text[first:last]
    assert (citation.span.start, citation.span.end) == (start + first, start + last)


def test_a_citation_beyond_its_passage_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        cite(row("short"), Span(2, 6), marker=1, score=0.5)


def test_a_reason_is_taken_for_the_answer_to_why_though_it_only_says_it(parts_of_examples: Parts) -> None:
    reply = parts_of_examples.engine.ask("Why did the crane not move?", k=3)
    assert isinstance(reply.outcome, Answer)
    assert reply.outcome.citations[0].quote == "It did not move because a bolt broke."


def test_one_sentence_of_two_overlapping_passages_is_cited_once(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path, max_tokens=24, overlap_tokens=12, answerable_threshold=0.0)
    text = " ".join(f"Crane number {number} was painted red." for number in range(12))
    parts.ingester.put(Draft(Article("cranes", text, "Paint")))
    outcome = parts.engine.ask("Which crane was painted red?", k=5).outcome
    assert isinstance(outcome, Answer)
    assert len({citation.span for citation in outcome.citations}) == len(outcome.citations)
    parts.close()


def test_a_question_off_the_subject_gets_an_abstention_with_the_nearest_passages(parts: Parts) -> None:
    reply = parts.engine.ask("quantum chromodynamics lattice", k=2)
    assert isinstance(reply.outcome, Abstention)
    assert reply.hits


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    assert parts.ingester is not None
    reply = parts.engine.ask("Anything?", k=3)
    assert isinstance(reply.outcome, Abstention)
    assert (reply.answerable, reply.hits) == (0.0, ())
    parts.close()


def test_what_cannot_be_asked_is_refused(parts: Parts) -> None:
    for question, k, error in (("  ", 5, EmptyQuestion), ("x" * 2001, 5, QuestionTooLong), ("x", 0, BadK)):
        with pytest.raises(error):
            parts.engine.ask(question, k=k)
    with pytest.raises(BadK):
        parts.engine.search("x", k=101, filters=Filters())
    with pytest.raises(PassageNotFound):
        parts.engine.passage(10**9)


@settings(max_examples=40)
@given(question=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(str.strip))
def test_whatever_is_asked_every_citation_is_true(parts_of_examples: Parts, question: str) -> None:
    reply = parts_of_examples.engine.ask(question, k=5)
    if isinstance(reply.outcome, Answer):
        for citation in reply.outcome.citations:
            assert parts_of_examples.engine.verify(
                citation.passage.article_id,
                revision=citation.passage.revision,
                start=citation.span.start,
                end=citation.span.end,
                quote=citation.quote,
            ).valid


@pytest.fixture(scope="module")
def parts_of_examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("home"), answerable_threshold=0.0)
    made.ingester.put(
        Draft(Article("a", "😀 One crane fell. e\u0301te\u0301 came.\n\n서울 논평. Two ferries left.", "News"))
    )
    made.ingester.put(Draft(Article("c", "The crane stood idle. It did not move because a bolt broke.", "Salthaven")))
    made.ingester.put(Draft(Article("b", "“Why?” asked Mr. Lee. Nobody knew at 8 a.m. on Monday.", "Talk")))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How old was he?", True),
        ("And when?", True),
        ("Why?", True),
        ("What about the crew?", True),
        ("Was it repaired?", True),
        ("What is the capital of France?", False),
        ("How do I bake bread?", False),
        ("Thanks!", False),
        ("Who won the World Cup in 2022?", False),
    ],
)
def test_only_a_question_that_leans_on_history_gets_it(question: str, *, expected: bool) -> None:
    assert leans_on_history(question) is expected


def test_a_heading_is_never_an_answer(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path, answerable_threshold=0.0)
    parts.ingester.put(Draft(Article("a", "## Reaction of the crew\n\nThe crew was glad.", "Ferry")))
    outcome = parts.engine.ask("Reaction of the crew", k=3).outcome
    assert isinstance(outcome, Answer)
    assert [citation.quote for citation in outcome.citations] == ["The crew was glad."]
    parts.close()


def test_the_answer_does_not_depend_on_how_many_passages_are_asked_for(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path, max_tokens=16, overlap_tokens=0, answerable_threshold=0.0)
    text = " ".join(f"Crane number {number} was painted on day {number}." for number in range(9))
    parts.ingester.put(Draft(Article("cranes", text, "Paint")))
    replies = [parts.engine.ask("Which crane was painted on day 7?", k=k) for k in (1, 2, 9)]
    assert len({reply.outcome for reply in replies}) == 1
    assert [len(reply.hits) for reply in replies] == [1, 2, 9]
    parts.close()
