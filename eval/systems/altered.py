"""Search indexes that rank otherwise: one half of the hybrid alone, trivial rankings, and deliberately broken ones.

Each enters the engine by the door of the real index, so that nothing but the ranking differs.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np

from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking
from indexing.searching import SearchIndex
from indexing.view import EVERYTHING, Chosen, View

Vectorial = Callable[[View, Embedding, int], Ranking]
"""Ranks k passages for an encoded question."""
Verbal = Callable[[View, Sequence[str], int], Ranking]
"""Ranks k passages for a question's terms."""


@dataclass(frozen=True, slots=True, eq=False)
class AlteredView(View):
    """A view whose two rankings are replaced. Filters are not honoured: questions of the evaluator have none."""

    vectorial: Vectorial
    verbal: Verbal
    original: View

    def by_vector(
        self,
        question: Embedding,
        *,
        k: int,
        chosen: Chosen = EVERYTHING,  # noqa: ARG002
    ) -> Ranking:
        """The replaced dense ranking."""
        return self.vectorial(self.original, question, k)

    def by_words(
        self,
        terms: Sequence[str],
        *,
        k: int,
        chosen: Chosen = EVERYTHING,  # noqa: ARG002
    ) -> Ranking:
        """The replaced lexical ranking."""
        return self.verbal(self.original, terms, k)


class AlteredIndex(SearchIndex):
    """An index that ranks as it is told to, over the passages of another."""

    def __init__(self, index: SearchIndex, *, vectorial: Vectorial, verbal: Verbal) -> None:
        self._original = index
        self._vectorial = vectorial
        self._verbal = verbal

    @contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, View]]:
        """The other index's snapshot and view, the view altered."""
        with self._original.reading() as (snapshot, view):
            same = {field.name: getattr(view, field.name) for field in fields(View)}
            yield (
                snapshot,
                AlteredView(**same, vectorial=self._vectorial, verbal=self._verbal, original=view),
            )


def dense(view: View, question: Embedding, k: int) -> Ranking:
    """The real dense ranking."""
    return view.by_vector(question, k=k)


def bm25(view: View, terms: Sequence[str], k: int) -> Ranking:
    """The real lexical ranking."""
    return view.by_words(terms, k=k)


def nothing(_view: View, _question: object, _k: int) -> Ranking:
    """No passage at all."""
    return Ranking.of([], [])


def at_random(passages: Ids, *, seed: int) -> Vectorial:
    """Passages drawn at random; the same question always draws the same ones."""

    def rank(_view: View, question: Embedding, k: int) -> Ranking:
        drawn = np.random.default_rng([seed, *question.view(np.uint32)[:8].tolist()])
        return Ranking.best(passages, drawn.random(len(passages)).astype(np.float32), k=k)

    return rank


def always(passages: Ids) -> Vectorial:
    """These passages in this order, whatever is asked."""

    def rank(_view: View, _question: Embedding, k: int) -> Ranking:
        scores = np.linspace(1, 0, len(passages), endpoint=False, dtype=np.float32)
        return Ranking(passages[:k], scores[:k])

    return rank


def shifted(passages: Ids) -> Vectorial:
    """Broken by an off-by-one error: every score goes to the passage that comes after in the library."""

    def rank(view: View, question: Embedding, k: int) -> Ranking:
        ranking = view.by_vector(question, k=len(passages))
        after = passages[(np.searchsorted(passages, ranking.ids) + 1) % len(passages)]
        return Ranking.best(after, ranking.scores, k=k)

    return rank


def negated(passages: Ids) -> Vectorial:
    """Broken by a wrong sign: the farthest passages come first."""

    def rank(view: View, question: Embedding, k: int) -> Ranking:
        ranking = view.by_vector(question, k=len(passages))
        return Ranking.best(ranking.ids, -ranking.scores, k=k)

    return rank
