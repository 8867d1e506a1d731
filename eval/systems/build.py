"""Builds the systems of a table around the parts of one library."""

import numpy as np

from corpus.library.snapshot import Snapshot
from eval.systems import altered
from eval.systems.altered import AlteredIndex, Vectorial, Verbal
from eval.systems.byline import Byline
from eval.systems.decided import Decided
from eval.systems.protocol import System
from eval.systems.remembered import RememberingEncoder
from indexing.encoders.protocol import PieceEncoder
from indexing.ranking import Ids
from indexing.searching import SearchIndex
from service.compose import Parts
from service.core.engine import Engine
from service.core.retrieve import ALL_STEPS, NO_STEPS, Steps

SEED = 7
"""Of the random passages."""
NAME = "byline"


class Bench:
    """Builds systems around one library, which share what was encoded; without `answers` they only rank."""

    def __init__(self, parts: Parts, *, answers: bool = True) -> None:
        self.parts = parts
        self._answers = answers
        self._encoder: PieceEncoder = RememberingEncoder(parts.encoder)

    def byline(
        self,
        *,
        name: str = NAME,
        with_history: bool = True,
        most_citations: int | None = None,
        steps: Steps = ALL_STEPS,
    ) -> Byline:
        """The engine as it ships, or with one part of it changed."""
        return self._around(
            self.parts.index, name, with_history=with_history, most_citations=most_citations, steps=steps
        )

    def ranking_by(
        self, name: str, *, vectorial: Vectorial = altered.nothing, verbal: Verbal = altered.nothing
    ) -> Byline:
        """The engine with other rankings, which no later step re-orders; everything else as it ships."""
        index = AlteredIndex(self.parts.index, vectorial=vectorial, verbal=verbal)
        return self._around(index, name, steps=NO_STEPS)

    def dense(self, name: str = "dense alone") -> System:
        """Only the dense ranking."""
        return self.ranking_by(name, vectorial=altered.dense)

    def bm25(self, name: str = "BM25 alone") -> System:
        """Only the lexical ranking; it abstains where Byline does."""
        ranker = self.ranking_by(name, verbal=altered.bm25)
        return Decided(ranker, decider=self.byline()) if self._answers else ranker

    def trivial(self) -> list[System]:
        """Rankings that do not read the question: random passages, and the first of each article."""
        everything, leads = self._passages()
        return [
            self.ranking_by("random passages", vectorial=altered.at_random(everything, seed=SEED)),
            self.ranking_by("first passages", vectorial=altered.always(leads)),
        ]

    def broken(self) -> list[System]:
        """Retrievers with the faults that retrievers have; a gate that lets one of them pass is none."""
        everything, _ = self._passages()
        return [
            self.ranking_by("random", vectorial=altered.at_random(everything, seed=SEED)),
            self.ranking_by("shifted by one", vectorial=altered.shifted(everything)),
            self.ranking_by("scores negated", vectorial=altered.negated(everything)),
        ]

    def _around(
        self,
        index: SearchIndex,
        name: str,
        *,
        with_history: bool = True,
        most_citations: int | None = None,
        steps: Steps = ALL_STEPS,
    ) -> Byline:
        # never abstains by itself: the adapter applies the threshold, so that abstained answers can be measured too
        engine = Engine(
            library=self.parts.library,
            index=index,
            encoder=self._encoder,
            answerable_model=self.parts.answerable_model,
            answerable_threshold=0.0,
            reranker=self.parts.reranker,
            steps=steps,
        )
        return Byline(
            engine,
            threshold=self.parts.settings.answerable_threshold,
            name=name,
            with_history=with_history,
            most_citations=most_citations,
            answers=self._answers,
        )

    def _passages(self) -> tuple[Ids, Ids]:
        """All passages, and the first of each article."""
        with self.parts.library.snapshot() as snapshot:
            return snapshot.vectors_after(0).ids, _first_of_each(snapshot)


def _first_of_each(snapshot: Snapshot) -> Ids:
    firsts = [snapshot.passages_of(summary.id)[:1] for summary in snapshot.summaries()]
    return np.array([row.passage_id for rows in firsts for row in rows], np.int64)
