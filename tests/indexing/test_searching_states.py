"""The law of searching: in every state of a library each live passage is found and nothing that is gone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from corpus.article import Article
from corpus.library.records import Filters, PutResult
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import passage_input
from indexing.generations.manifest import Manifest, current_number
from indexing.generations.publishing import flush, merge, publish
from indexing.lexical import exact as exact_lexical
from indexing.lexical.analysis import analyse
from indexing.lexical.protocol import Statistics
from indexing.ranking import Ranking, Selection
from indexing.vectors import exact as exact_vectors
from indexing.view import Chosen
from tests.indexing.samples import ALL, EAGER, ENCODER, Shelf, article, check_same_ranking, uncovered
from tests.postgres import Places
from tests.vocabulary import WORDS

SENTENCE = st.lists(st.sampled_from(WORDS), min_size=2, max_size=7).map(
    lambda words: " ".join(words).capitalize() + "."
)
TEXTS = st.lists(SENTENCE, min_size=1, max_size=5).map(" ".join)
NAMES = st.sampled_from("abcde")
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 4))


def fresh_rankings(snapshot: Snapshot, question: str) -> tuple[Ranking, Ranking, Statistics]:
    """What exact indexes built from the library's present state say, and their statistics."""
    passages = snapshot.vectors_after(0)
    vectors = exact_vectors.build(passages.ids, passages.vectors)
    texts = [passage_input(title, text) for title, text in zip(passages.titles, passages.texts, strict=True)]
    lexical = exact_lexical.build(passages.ids, texts)
    terms = analyse(question)
    statistics = lexical.statistics(terms)
    return (
        vectors.search(ENCODER.encode_question(question), k=ALL, selection=Selection()),
        lexical.search(terms, k=ALL, selection=Selection(), statistics=statistics),
        statistics,
    )


def restricted(ranking: Ranking, allowed: set[int]) -> Ranking:
    kept = [row for row, number in enumerate(ranking.ids.tolist()) if number in allowed]
    return Ranking(ranking.ids[kept], ranking.scores[kept])


def first(ranking: Ranking, k: int) -> Ranking:
    return Ranking(ranking.ids[:k], ranking.scores[:k])


class SearchStates(RuleBasedStateMachine):
    """Writes, removals, publishing and reopening in any order, against a dictionary of what is live."""

    places: Places

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.shelf = Shelf(self.places.new(Path(self.folder.name) / "library"), encoder=ENCODER)
        self.live: dict[str, Article] = {}
        self.retired_kept = False
        self.index = self.shelf.index()

    @initialize(texts=st.dictionaries(NAMES, TEXTS, max_size=4))
    def begin(self, texts: dict[str, str]) -> None:
        self.put_several(list(texts.items()), None)

    @rule(drafts=st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=3), day=DAYS)
    def put_several(self, drafts: list[tuple[str, str]], day: date | None) -> None:
        articles = [replace(article(name, text), published_at=day) for name, text in drafts]
        for stored in self.shelf.put_all(*articles):
            self.retired_kept |= stored.result is PutResult.UPDATED
        self.live |= {each.id: each for each in articles}

    @precondition(lambda self: bool(self.live))
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        self.shelf.remove(name)
        del self.live[name]
        self.retired_kept = True

    @precondition(lambda self: bool(self.live))
    @rule(data=st.data(), title=st.sampled_from(["News", "Storm report", "Ferry"]))
    def retitle(self, data: st.DataObject, title: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        changed = replace(self.live[name], title=title)
        (stored,) = self.shelf.put_all(changed)
        self.retired_kept |= stored.result is PutResult.UPDATED
        self.live[name] = changed

    @rule()
    def publish_and_reopen(self) -> None:
        publish(self.shelf.library, wait_seconds=5)
        self.index = self.shelf.index()
        self.retired_kept = False
        with self.index.reading() as (_, view):
            assert uncovered(view) == 0

    @rule()
    def publish_beside_the_open_index(self) -> None:
        with self.index.reading() as (_, view):
            before = view.by_vector(ENCODER.encode_question("harbour storm"), k=ALL)
        publish(self.shelf.library, wait_seconds=5)
        with self.index.reading() as (_, view):
            after = view.by_vector(ENCODER.encode_question("harbour storm"), k=ALL)
        check_same_ranking(after, before, everything=before)

    @rule(steps=st.lists(st.sampled_from([flush, merge]), min_size=1, max_size=3))
    def flush_and_merge(self, steps: list[Callable[..., Manifest | None]]) -> None:
        for step in steps:
            step(self.shelf.library, wait_seconds=5, tiers=EAGER)
        self.index.adopt()
        with self.index.reading() as (_, view):
            assert view.number == current_number(self.shelf.home)

    @rule()
    def reopen(self) -> None:
        self.index = self.shelf.index()

    @invariant()
    def the_live_passages_are_found_and_nothing_else_is(self) -> None:
        with self.index.reading() as (snapshot, view):
            rows = {row.passage_id: row for name in self.live for row in snapshot.passages_of(name)}
            by_vector = view.by_vector(ENCODER.encode_question("harbour storm"), k=ALL)
            assert set(by_vector.ids.tolist()) == set(rows)
            for number in list(rows)[:4]:
                row = rows[number]
                assert row.text in self.live[row.article_id].text
                text = passage_input(row.title, row.text)
                # the same words in another order have the same vector here, so the score decides, not the place
                nearest = view.by_vector(ENCODER.encode_question(text), k=ALL)
                score_of = dict(zip(nearest.ids.tolist(), nearest.scores.tolist(), strict=True))
                assert score_of[number] == pytest.approx(1, abs=2e-3)
                found = view.by_words(analyse(row.text), k=ALL)
                assert number in found.ids.tolist()
                assert set(found.ids.tolist()) <= set(rows)

    @invariant()
    def the_rankings_are_those_of_indexes_built_afresh(self) -> None:
        with self.index.reading() as (snapshot, view):
            vectors, words, statistics = fresh_rankings(snapshot, "harbour storm council")
            question, terms = ENCODER.encode_question("harbour storm council"), analyse("harbour storm council")
            for k in (1, 3, ALL):
                check_same_ranking(view.by_vector(question, k=k), first(vectors, k), everything=vectors)
            found = view.by_words(terms, k=ALL)
            assert set(found.ids.tolist()) == set(words.ids.tolist())
            if not self.retired_kept:
                assert view.statistics(terms) == statistics
            parts = 0 if view.generation is None else len(view.generation.parts)
            # each part has an average length of its own
            if not self.retired_kept and (parts == 0 or (parts == 1 and not view.newer)):
                check_same_ranking(found, words, everything=words)
                check_same_ranking(view.by_words(terms, k=2), first(words, 2), everything=words)

    @invariant()
    def filters_hold(self) -> None:
        filters = Filters(published_from=date(2020, 1, 2), article_ids=("a", "b", "c"))
        with self.index.reading() as (snapshot, view):
            allowed = snapshot.matching(filters)
            expected = {
                row.passage_id
                for each in self.live.values()
                if each.id in "abc" and each.published_at is not None and each.published_at >= date(2020, 1, 2)
                for row in snapshot.passages_of(each.id)
            }
            assert set(allowed.tolist()) == expected
            vectors, words, _ = fresh_rankings(snapshot, "harbour storm council")
            question = ENCODER.encode_question("harbour storm council")
            found = view.by_vector(question, k=2, chosen=Chosen(allowed))
            check_same_ranking(found, first(restricted(vectors, expected), 2), everything=vectors)
            by_words = view.by_words(analyse("harbour storm council"), k=ALL, chosen=Chosen(allowed))
            assert set(by_words.ids.tolist()) == set(words.ids.tolist()) & expected

    def teardown(self) -> None:
        self.shelf.close()
        self.folder.cleanup()


def test_in_every_state_exactly_the_live_passages_are_found(places: Places) -> None:
    """Whatever was written, removed, published and reopened: nothing is lost, nothing gone comes back."""
    run_state_machine_as_test(
        type("SearchStates", (SearchStates,), {"places": places}),
        settings=settings(
            max_examples=places.examples,
            stateful_step_count=10,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
