"""Retrieving passages: candidates from both indexes, fused, the best of them re-ranked by late interaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from corpus.library.reading import Snapshot
from corpus.library.records import Filters
from indexing.encoders.protocol import Embedding, Encoded
from indexing.late.maxsim import Scores, maxsim
from indexing.late.pieces import Pieces, loaded
from indexing.late.question import AskedPieces, asked_pieces
from indexing.ranking import Ids, Ranking
from indexing.searching import View
from service.core.dates import AskedDates, asked_dates
from service.core.fuse import convex, min_max
from service.core.values import Hit

DENSE_WEIGHT = 0.5
"""Of the dense ranking in the fused score. On SciFact's test set (nDCG@10) dense alone gives .648, BM25 .688 and
this .730."""
CANDIDATES = 100
"""Passages taken from each index; at least k."""
RERANKED = 30
"""Best fused passages that late interaction looks at."""
READ = 3
"""Best passages whose sentences are looked at for an answer; their pieces are given along."""
FUSED_WEIGHT = 0.3
"""Of the fused score beside late interaction's."""
DATE_WEIGHT = 0.15
"""Of the agreement with a date that the question names. On the shipped questions that only a date tells apart (dev, 15)
hit@1 rises from .40 to .60; a question that names none is left alone."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What is done to the fused ranking; to switch a part off is how its worth is measured."""

    reranked: int = RERANKED
    dates: bool = True


ALL_STEPS = Steps()


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question made ready for both indexes and for late interaction."""

    text: str
    encoded: Encoded
    terms: tuple[str, ...]

    @property
    def vector(self) -> Embedding:
        """Shape (dim,)."""
        return self.encoded.vector


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """Fused hits, and what their scores were made of."""

    hits: tuple[Hit, ...]
    cosine: float
    """Of the passage nearest to the question; 0 when there is none."""
    asked: AskedPieces
    pieces: Mapping[int, Pieces]
    """Of the best passages."""
    idf: Callable[[str], float]
    """How rare a term is in the collection."""


def retrieve(
    snapshot: Snapshot, view: View, query: Query, *, k: int, filters: Filters, steps: Steps = ALL_STEPS
) -> Retrieved:
    """The k best passages among those that meet the filters."""
    allowed = snapshot.matching(filters) if filters else None
    depth = max(k, CANDIDATES)
    dense = view.by_vector(query.vector, k=depth, allowed=allowed)
    lexical = view.by_words(query.terms, k=depth, allowed=allowed)
    ranking = convex(dense, lexical, dense_weight=DENSE_WEIGHT)
    statistics = view.statistics(query.terms)
    asked = asked_pieces(query.encoded, query.text, idf=statistics.idf)
    best = ranking.ids[: max(steps.reranked, READ)].tolist()
    pieces = {number: loaded(codes) for number, codes in snapshot.pieces(best).items()}
    if steps.reranked:
        ranking = _reranked(ranking, asked, pieces, reranked=steps.reranked)
    dates = asked_dates(query.text)
    if steps.dates and dates:
        ranking = _dated(ranking, dates, snapshot, first=max(steps.reranked, READ))
    rows = snapshot.passages(ranking.ids[:k].tolist())
    scores = zip(ranking.ids[:k].tolist(), ranking.scores[:k].tolist(), strict=True)
    return Retrieved(
        hits=tuple(Hit(rows[number], score) for number, score in scores),
        cosine=float(dense.scores[0]) if len(dense) else 0.0,
        asked=asked,
        pieces=pieces,
        idf=lambda term: view.statistics([term]).idf(term),
    )


def _reranked(fused: Ranking, asked: AskedPieces, pieces: Mapping[int, Pieces], *, reranked: int) -> Ranking:
    """The first `reranked` passages by the convex combination of MaxSim and fused score.

    The others count as if they had the lowest MaxSim of all, and stay behind.
    """
    first = fused.ids[:reranked]
    similar = min_max(maxsim(asked, [pieces[number] for number in first.tolist()]))
    scores = FUSED_WEIGHT * fused.scores
    return _reordered(fused.ids, scores, first=(1 - FUSED_WEIGHT) * similar + scores[: len(first)])


def _dated(ranking: Ranking, dates: AskedDates, snapshot: Snapshot, *, first: int) -> Ranking:
    """The first passages with those moved up whose articles are of the dates asked for.

    A preference, no filter: an article of another day stays, and so does one whose day is not known.
    """
    numbers = ranking.ids[:first].tolist()
    rows = snapshot.passages(numbers)
    agreements = np.array([dates.agreement(rows[number].published_at) for number in numbers], np.float32)
    scores = (1 - DATE_WEIGHT) * ranking.scores
    return _reordered(ranking.ids, scores, first=DATE_WEIGHT * agreements + scores[: len(numbers)])


def _reordered(ids: Ids, scores: Scores, *, first: Scores) -> Ranking:
    """The ranking with new scores for its first passages, in their order; the rest as it was.

    The rest is never sorted in: of scores that rounding makes equal, one of it could pass one that was looked at.
    """
    head = Ranking.best(ids[: len(first)], first, k=len(first))
    return Ranking(np.concatenate([head.ids, ids[len(first) :]]), np.concatenate([head.scores, scores[len(first) :]]))
