"""Retrieving passages: candidates from both indexes, fused, the best re-ranked by late interaction or a reranker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from corpus.article import Span
from corpus.library.reading import Snapshot
from corpus.library.records import Filters
from indexing.encoders.protocol import Embedding, Encoded, passage_input
from indexing.late.maxsim import Scores, maxsim
from indexing.late.pieces import Pieces, loaded
from indexing.late.question import AskedPieces, asked_pieces
from indexing.ranking import Ids, Ranking
from indexing.rerankers.protocol import Reranker
from indexing.searching import View
from service.core.copies import Shingles, copied_from, shingles
from service.core.dates import AskedDates, asked_dates
from service.core.fuse import convex, min_max
from service.core.values import Hit

DENSE_WEIGHT = 0.5
"""Of the dense ranking in the fused score. On SciFact's test set (nDCG@10) dense alone gives .648, BM25 .688 and
this .730."""
CANDIDATES = 100
"""Passages taken from each index; at least k."""
RERANKED = 30
"""Best fused passages that late interaction or the reranker looks at."""
READ = 3
"""Best passages whose sentences are looked at for an answer; their pieces are given along."""
MOST_READ = 6
"""Of a question that asks several things one more is read for each."""
COMPARED = 5
"""Best passages whose MaxSim is told, so that it can be seen how far the first stands out."""
LOOKED_UP = 8
"""Words of a question that no passage has and whose spelling is looked up: 10 to 40 ms each among 100,000 terms."""
FUSED_WEIGHT = 0.3
"""Of the fused score beside late interaction's or the reranker's."""
DATE_WEIGHT = 0.15
"""Of the agreement with a date that the question names. On the shipped questions that only a date tells apart (dev, 15)
hit@1 rises from .40 to .60; a question that names none is left alone."""


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
    likeness: tuple[float, ...]
    """MaxSim of the best passages, COMPARED at most."""
    asked: AskedPieces
    pieces: Mapping[int, Pieces]
    """Of the best passages."""
    idf: Callable[[str], float]
    """How rare a term is in the collection."""


def retrieve(
    snapshot: Snapshot,
    view: View,
    query: Query,
    *,
    k: int,
    filters: Filters,
    steps: Steps = ALL_STEPS,
    reranker: Reranker | None = None,
) -> Retrieved:
    """The k best passages among those that meet the filters.

    A reranker's scores order the best ones in place of MaxSim, which is told all the same. Raises RerankerFailed.
    """
    allowed = snapshot.matching(filters) if filters else None
    depth = max(k, CANDIDATES)
    dense = view.by_vector(query.vector, k=depth, allowed=allowed)
    meant = _spelt_out(query.terms, view) if steps.spelling else dict.fromkeys(query.terms, ())
    terms = list(dict.fromkeys(term for written, known in meant.items() for term in (written, *known)))
    lexical = view.by_words(terms, k=depth, allowed=allowed)
    ranking = convex(dense, lexical, dense_weight=DENSE_WEIGHT)
    statistics = view.statistics(terms)
    asked = asked_pieces(query.encoded, query.text, idf=lambda term: statistics.idf((*meant[term], term)[0]))
    best = ranking.ids[: max(steps.reranked, COMPARED)].tolist()
    pieces = {number: loaded(codes) for number, codes in snapshot.pieces(best).items()}
    likeness = _likeness(asked, [pieces[number] for number in best], parts=query.parts if steps.parts else ())
    if steps.reranked:
        looked_at = best[: steps.reranked]
        judged = likeness[: steps.reranked] if reranker is None else _judged(reranker, query.text, looked_at, snapshot)
        ranking = _reranked(ranking, judged)
    alike = dict(zip(best, likeness.tolist(), strict=True))
    dates = asked_dates(query.text)
    if steps.dates and dates:
        ranking = _dated(ranking, dates, snapshot, first=len(best))
    hits = _hits(ranking, snapshot, k=k, collapse=steps.copies)
    return Retrieved(
        hits=hits,
        cosine=float(dense.scores[0]) if len(dense) else 0.0,
        likeness=tuple(alike[hit.passage.passage_id] for hit in hits[:COMPARED] if hit.passage.passage_id in alike),
        asked=asked,
        pieces=pieces,
        idf=lambda term: view.statistics([term]).idf(term),
    )


def _spelt_out(terms: Sequence[str], view: View) -> dict[str, tuple[str, ...]]:
    """For each term the terms it may be meant for, if no passage has it and it is among the first of these."""
    frequencies = view.statistics(terms).frequencies
    unknown = [term for term in terms if not frequencies[term]][:LOOKED_UP]
    return {term: tuple(view.spelt_like(term)) if term in unknown else () for term in terms}


def _likeness(asked: AskedPieces, passages: Sequence[Pieces], *, parts: Sequence[Span]) -> Scores:
    """MaxSim; of a question that asks several things the best over its parts, each with half of the whole's."""
    whole = maxsim(asked, passages)
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        return whole
    by_part: Scores = np.max([(whole + maxsim(asked.within(part), passages)) / 2 for part in parts], axis=0)
    return by_part


def _judged(reranker: Reranker, question: str, numbers: Sequence[int], snapshot: Snapshot) -> Scores:
    """The reranker's scores of these passages, each read behind its article's title as the encoder reads it."""
    rows = snapshot.passages(numbers)
    return reranker.scores(question, [passage_input(rows[number].title, rows[number].text) for number in numbers])


def _hits(ranking: Ranking, snapshot: Snapshot, *, k: int, collapse: bool) -> tuple[Hit, ...]:
    """The k best passages; near copies of a better one are named with it, and the next ones take their places."""
    hits: list[Hit] = []
    held: list[Shingles] = []
    for at in range(0, len(ranking), k):
        numbers = ranking.ids[at : at + k].tolist()
        rows = snapshot.passages(numbers)
        for number, score in zip(numbers, ranking.scores[at : at + k].tolist(), strict=True):
            own = shingles(rows[number].text) if collapse else frozenset()
            original = copied_from(own, held) if collapse else None
            if original is not None:
                hits[original] = replace(hits[original], also_in=(*hits[original].also_in, rows[number]))
            elif len(hits) < k:
                hits.append(Hit(rows[number], score))
                held.append(own)
        if len(hits) == k:
            break
    return tuple(hits)


def _reranked(fused: Ranking, judged: Scores) -> Ranking:
    """The first passages, whose MaxSim or reranker's scores are given, by the convex combination with the fused score.

    The others count as if they had the lowest score of all, and stay behind.
    """
    scores = FUSED_WEIGHT * fused.scores
    first = (1 - FUSED_WEIGHT) * min_max(judged) + scores[: len(judged)]
    return _reordered(fused.ids, scores, first=first)


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
