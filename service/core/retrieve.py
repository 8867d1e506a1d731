"""Retrieving passages: candidates from both indexes, fused, the best re-ranked by late interaction or a reranker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.article import Span
from corpus.library.records import Filters
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import Embedding, Encoded
from indexing.late.pieces import Pieces, loaded
from indexing.late.question import AskedPieces, asked_pieces
from indexing.lexical.protocol import Statistics
from indexing.ranking import Ranking
from indexing.rerankers.protocol import Reranker
from indexing.view import EVERYTHING, Chosen, View
from service.core.copies import distinct_hits
from service.core.dates import asked_dates
from service.core.evidence import Rankings
from service.core.fuse import DENSE_WEIGHT, convex
from service.core.rerank import dated, judged, likeness_of, reranked
from service.core.values import Hit

CANDIDATES = 100
"""Passages taken from each index; at least k."""
RERANKED = 30
"""Best fused passages that late interaction or the reranker looks at."""
READ = 3
"""Best passages whose sentences are looked at for an answer; their pieces are given along."""
MOST_READ = 6
"""Most passages read: READ, and one more for each further thing that a question asks."""
LOOKED_UP = 4
"""Words of a question that no passage has and whose spelling is looked up: the cost grows with the vocabulary."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What is done to the fused ranking; to switch a part off is how its worth is measured."""

    reranked: int = RERANKED
    dates: bool = True
    parts: bool = True
    copies: bool = True
    spelling: bool = True


ALL_STEPS = Steps()
NO_STEPS = Steps(reranked=0, dates=False, parts=False, copies=False, spelling=False)
"""The fused ranking as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question made ready for both indexes and for late interaction."""

    text: str
    encoded: Encoded
    terms: tuple[str, ...]
    parts: tuple[Span, ...] = ()
    """Where in the text each thing stands that it asks for; none or one if that is one thing."""

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
    rankings: Rankings
    """What explains the hits."""

    def explained(self, hits: Sequence[Hit], question: str) -> tuple[Hit, ...]:
        """These of the hits with the evidence for their places."""
        return tuple(self.rankings.explained(hit, question) for hit in hits)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What the words of a question find."""

    meant: Mapping[str, tuple[str, ...]]
    """For each of its terms those that it is taken to be meant for, if no passage has it."""
    ranking: Ranking
    statistics: Statistics
    """Of the question's terms and those that were meant."""

    def idf(self, term: str) -> float:
        """How rare one of the question's terms is, or what it is meant for."""
        return self.statistics.idf((*self.meant[term], term)[0])


def search_words(
    view: View, terms: Sequence[str], *, k: int, chosen: Chosen = EVERYTHING, steps: Steps = ALL_STEPS
) -> Words:
    """What a question's terms find: what can be done before it is encoded. `k` is as for `retrieve`."""
    meant = _spelt_out(terms, view) if steps.spelling else dict.fromkeys(terms, ())
    looked_for = list(dict.fromkeys(term for written, known in meant.items() for term in (written, *known)))
    ranking = view.by_words(looked_for, k=max(k, CANDIDATES), chosen=chosen)
    return Words(meant, ranking, view.statistics(looked_for))


def retrieve(
    snapshot: Snapshot,
    view: View,
    query: Query,
    *,
    k: int,
    filters: Filters,
    steps: Steps = ALL_STEPS,
    reranker: Reranker | None = None,
    begun: Callable[[], Words] | None = None,
) -> Retrieved:
    """The k best passages among those that meet the filters.

    A reranker's scores order the best ones in place of MaxSim. `begun` waits for a search for the words without filters
    that another thread has begun. Raises RerankerFailed.
    """
    chosen = view.meeting(filters, snapshot)
    dense = view.by_vector(query.vector, k=max(k, CANDIDATES), chosen=chosen)
    words = begun() if begun else search_words(view, query.terms, k=k, chosen=chosen, steps=steps)
    dense, lexical = (view.still_there(found, snapshot) for found in (dense, words.ranking))
    fused = ranking = convex(dense, lexical, dense_weight=DENSE_WEIGHT)
    misspelt = frozenset(term for term, known in words.meant.items() if known)
    asked = asked_pieces(query.encoded, query.text, idf=words.idf, misspelt=misspelt)
    best = ranking.ids[: max(steps.reranked, MOST_READ)].tolist()
    pieces = {number: loaded(codes) for number, codes in snapshot.pieces(best).items()}
    scores = np.empty(0, np.float32)
    if steps.reranked:
        looked_at = best[: steps.reranked]
        if reranker is None:
            parts = query.parts if steps.parts else ()
            scores = likeness_of(asked, [pieces[number] for number in looked_at], parts=parts)
        else:
            scores = judged(reranker, query.text, looked_at, snapshot)
        ranking = reranked(ranking, scores)
    dates = asked_dates(query.text)
    if steps.dates and dates:
        ranking = dated(ranking, dates, snapshot, first=len(best))
    hits = distinct_hits(ranking, snapshot, k=k, collapse=steps.copies)
    return Retrieved(
        hits=hits,
        cosine=float(dense.scores[0]) if len(dense) else 0.0,
        asked=asked,
        pieces=pieces,
        idf=lambda term: view.statistics([term]).idf(term),
        rankings=Rankings(dense, lexical, fused, scores, words.meant),
    )


def _spelt_out(terms: Sequence[str], view: View) -> dict[str, tuple[str, ...]]:
    """For each term the terms it may be meant for, if no passage has it and it is among the first of these."""
    frequencies = view.statistics(terms).frequencies
    unknown = [term for term in terms if not frequencies[term]][:LOOKED_UP]
    return {term: tuple(view.spelt_like(term)) if term in unknown else () for term in terms}
