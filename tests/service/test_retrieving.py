"""Finding passages: rankings fused by hand and by law, and late interaction, which reorders them and loses none."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article
from corpus.library.records import Filters
from indexing.ingest import Draft
from indexing.lexical.questions import question_terms
from indexing.ranking import Ranking
from indexing.view import View
from service.compose import Parts
from service.core import engine as engine_module
from service.core.fuse import convex
from service.core.retrieve import Query, Steps, Words, retrieve, search_words
from tests.fakes import fake_parts

RANKINGS = st.dictionaries(
    st.integers(1, 30), st.integers(-40, 40).map(lambda eighths: eighths / 8), min_size=0, max_size=12
).map(lambda scores: Ranking.best(Ranking.of(list(scores), []).ids, Ranking.of([], list(scores.values())).scores, k=99))


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
