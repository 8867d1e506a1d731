"""Builds the systems of a table around the parts of one library."""

import numpy as np

from corpus.library.reading import Snapshot
from eval.systems import altered
from eval.systems.altered import AlteredIndex, Verbal, Vectorial
from eval.systems.byline import Byline
from indexing.ranking import Ids
from indexing.searching import SearchIndex
from service.compose import Parts
from service.core.engine import Engine

SEED = 7
"""Of the random passages."""


def byline(
    parts: Parts, *, name: str = "byline", answers: bool = True, with_history: bool = True, most_citations: int | None = None
) -> Byline:
    """The engine as it ships."""
    return Byline(
        _engine(parts, parts.index),
        threshold=parts.settings.answerable_threshold,
        name=name,
        answers=answers,
        with_history=with_history,
        most_citations=most_citations,
    )


def ranking_by(
    parts: Parts,
    *,
    name: str,
    vectorial: Vectorial = altered.nothing,
    verbal: Verbal = altered.nothing,
    answers: bool = True,
) -> Byline:
    """The engine with other rankings, everything else as it ships."""
    engine = _engine(parts, AlteredIndex(parts.index, vectorial=vectorial, verbal=verbal))
    return Byline(engine, threshold=parts.settings.answerable_threshold, name=name, answers=answers)


def rankers(parts: Parts, *, answers: bool) -> list[Byline]:
    """The baselines that return passages: BM25 alone, dense alone, random, and the first of each article."""
    with parts.library.snapshot() as snapshot:
        everything, leads = _all(snapshot), _first_of_each(snapshot)
    return [
        ranking_by(parts, name="BM25 alone", verbal=altered.bm25, answers=answers),
        ranking_by(parts, name="dense alone", vectorial=altered.dense, answers=answers),
        ranking_by(
            parts, name="random passages", vectorial=altered.at_random(everything, seed=SEED), answers=answers
        ),
        ranking_by(parts, name="first passages", vectorial=altered.always(leads), answers=answers),
    ]


def broken(parts: Parts) -> list[Byline]:
    """Retrievers with the faults that retrievers have; a gate that lets one of them pass is none."""
    with parts.library.snapshot() as snapshot:
        everything = _all(snapshot)
    return [
        ranking_by(parts, name="random", vectorial=altered.at_random(everything, seed=SEED)),
        ranking_by(parts, name="shifted by one", vectorial=altered.shifted(everything)),
        ranking_by(parts, name="scores negated", vectorial=altered.negated(everything)),
    ]


def _engine(parts: Parts, index: SearchIndex) -> Engine:
    # never abstains by itself: the adapter applies the threshold, so that abstained answers can be measured too
    return Engine(library=parts.library, index=index, encoder=parts.encoder, answerable_threshold=0.0)


def _all(snapshot: Snapshot) -> Ids:
    return snapshot.vectors_after(0).ids


def _first_of_each(snapshot: Snapshot) -> Ids:
    firsts = [snapshot.passages_of(summary.id)[:1] for summary in snapshot.summaries()]
    return np.array([row.passage_id for rows in firsts for row in rows], np.int64)
