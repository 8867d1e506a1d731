"""The core on its own: fusing, citing, choosing sentences, abstaining."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Span
from corpus.library.records import Filters, PassageRow
from indexing.ingest import Draft
from indexing.lexical.questions import question_terms
from indexing.ranking import Ranking
from indexing.view import View
from service.compose import Parts
from service.core import engine as engine_module
from service.core.cues import leans_on_history
from service.core.errors import BadK, EmptyQuestion, PassageNotFound, QuestionTooLong
from service.core.fuse import convex
from service.core.retrieve import Query, Steps, Words, retrieve, search_words
from service.core.values import Abstention, Answer, cite
from tests.fakes import fake_parts

RANKINGS = st.dictionaries(
    st.integers(1, 30), st.integers(-40, 40).map(lambda eighths: eighths / 8), min_size=0, max_size=12
).map(lambda scores: Ranking.best(Ranking.of(list(scores), []).ids, Ranking.of([], list(scores.values())).scores, k=99))


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


@given(dense=RANKINGS, lexical=RANKINGS, weight=st.floats(0, 1))
def test_fusing_keeps_every_passage_once_in_order_between_0_and_1(
    dense: Ranking, lexical: Ranking, weight: float
) -> None:
    fused = convex(dense, lexical, dense_weight=weight)
    assert sorted(fused.ids.tolist()) == sorted({*dense.ids.tolist(), *lexical.ids.tolist()})
    assert fused.scores.tolist() == sorted(fused.scores.tolist(), reverse=True)
    assert all(0 <= score <= 1 + 1e-6 for score in fused.scores)


@given(dense=RANKINGS, lexical=RANKINGS)
def test_fusing_with_all_the_weight_on_one_ranking_gives_its_order(dense: Ranking, lexical: Ranking) -> None:
    fused = convex(dense, lexical, dense_weight=1)
    scores = dict(zip(dense.ids.tolist(), dense.scores.tolist(), strict=True))
    order = [scores[number] for number in fused.ids.tolist() if number in scores]
    assert order == sorted(order, reverse=True)


def test_fusing_by_hand() -> None:
    """Min-max gives 1, .5, 0 and 1, 0; passage 2 gets .5 * .5 + .5 * 1."""
    fused = convex(Ranking.of([1, 2, 3], [0.9, 0.7, 0.5]), Ranking.of([2, 4], [8.0, 2.0]), dense_weight=0.5)
    assert fused.ids.tolist() == [2, 1, 3, 4]
    assert fused.scores.tolist() == [0.75, 0.5, 0.0, 0.0]


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


def prepared(parts: Parts, question: str) -> Query:
    return Query(question, parts.encoder.encode_question_with_pieces(question), tuple(question_terms(question)))


def test_late_interaction_puts_the_passage_first_whose_pieces_cover_the_question(tmp_path: Path) -> None:
    """One passage repeats a word of the question, which fusion rewards; another has each of its words once."""
    parts = fake_parts(tmp_path, max_tokens=16, overlap_tokens=0)
    text = "Crane crane, crane crane: crane crane crane.\n\nThe captain saw the crane at dawn, and a yellow buoy."
    parts.ingester.put(Draft(Article("a", text, ".")))
    with parts.index.reading() as (snapshot, view):
        query = prepared(parts, "crane captain buoy")
        fused, reranked = (
            retrieve(snapshot, view, query, k=9, filters=Filters(), steps=Steps(reranked=reranked))
            for reranked in (0, 30)
        )
    assert reranked.hits[0].passage.text.startswith("The captain")
    assert {hit.passage.passage_id for hit in fused.hits} == {hit.passage.passage_id for hit in reranked.hits}
    parts.close()


@settings(max_examples=30)
@given(depth=st.integers(0, 12), question=st.sampled_from(["Which crane was painted?", "day 7", "nothing of this"]))
def test_scores_fall_and_no_passage_is_lost_however_deep_late_interaction_looks(
    many_passages: Parts, depth: int, question: str
) -> None:
    with many_passages.index.reading() as (snapshot, view):
        query = prepared(many_passages, question)
        found = retrieve(snapshot, view, query, k=50, filters=Filters(), steps=Steps(reranked=depth)).hits
    assert len(found) == len({hit.passage.passage_id for hit in found}) == 9
    assert all(before.score >= after.score for before, after in pairwise(found))
    assert all(0 <= hit.score <= 1 for hit in found)


@pytest.fixture(scope="module")
def many_passages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("many"), max_tokens=16, overlap_tokens=0)
    text = " ".join(f"Crane number {number} was painted on day {number}." for number in range(9))
    made.ingester.put(Draft(Article("cranes", text, "Paint")))
    yield made
    made.close()


def test_of_two_like_events_the_one_of_the_asked_date_comes_first_and_the_other_stays(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    days = {"old": date(2017, 12, 21), "new": date(2019, 8, 1), "undated": None}
    words = ("night", "river", "crossed", "soldier", "guards", "found")
    for turn, (name, day) in enumerate(days.items()):
        text = " ".join([*words[turn:], *words[:turn]]) + "."
        parts.ingester.put(Draft(Article(name, text, "Crossing", published_at=day)))
    for question, first in (
        ("Who found the soldier in 2019?", "new"),
        ("Who found the soldier in December 2017?", "old"),
        ("Who found the soldier that crossed in August?", "new"),
    ):
        hits = parts.engine.search(question, k=3)
        assert hits[0].passage.article_id == first
        assert len(hits) == 3
        assert all(0 <= hit.score <= 1 for hit in hits)
    parts.close()


def test_a_passage_that_was_not_looked_at_never_passes_one_that_was(tmp_path: Path) -> None:
    """Many copies have fused scores that rounding makes equal across the border of what is looked at."""
    parts = fake_parts(tmp_path, max_tokens=24, overlap_tokens=0)
    for number in range(45):
        parts.ingester.put(Draft(Article(f"copy{number:02}", "The crane stood idle on the quay all day.", "Wire")))
    query = prepared(parts, "Where did the crane stand?")
    with parts.index.reading() as (snapshot, view):
        hits = retrieve(snapshot, view, query, k=40, filters=Filters(), steps=Steps(copies=False)).hits
    assert len(hits) == 40
    assert all(before.score >= after.score for before, after in pairwise(hits))
    parts.close()


def test_words_that_are_searched_beside_the_encoding_change_no_reply(
    many_passages: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, threads = many_passages.engine, set[str]()
    question = "Which crane was painted?"
    alone = engine.ask(question, k=5), engine.search(question, k=5)

    def noted(view: View, terms: Sequence[str], *, k: int, steps: Steps) -> Words:
        threads.add(threading.current_thread().name)
        return search_words(view, terms, k=k, steps=steps)

    monkeypatch.setattr(engine_module, "BESIDE_FROM", 9)
    monkeypatch.setattr(engine_module, "search_words", noted)
    beside = engine.ask(question, k=5), engine.search(question, k=5)
    assert beside[1] == alone[1]
    assert replace(beside[0], timings_ms={}) == replace(alone[0], timings_ms={})
    assert threads
    assert all(name.startswith("words") for name in threads)
    filtered = engine.ask(question, k=5, filters=Filters(article_ids=("none",)))
    assert filtered.hits == ()
