"""Everything searchable as of one commit: the parts of a generation, and what is newer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.library.records import Filters
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import Embedding
from indexing.generations.generation import Generation, Part, Version
from indexing.generations.tiers import TIERS, Size
from indexing.lexical.protocol import Statistics
from indexing.lexical.spelling import variants
from indexing.ranking import Ids, Ranking, Selection
from indexing.segment import Segment


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What a search may find; everything, unless something is given."""

    allowed: Ids | None = None
    """Only these, in ascending order."""
    filters: Filters | None = None
    """What a generation that filters by itself is to filter by; `allowed` is then of what is newer."""


EVERYTHING = Chosen()


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Everything searchable as of one commit. Never changes; a later commit gets a view of its own."""

    commit: int
    token: str
    """The commit's, which another history of the library does not have."""
    generation: Generation | None
    last_passage_id: int
    """Passages with a higher id are not in this view."""
    newer: tuple[Segment, ...]
    """What the generation does not cover."""
    gone: Ids
    """Passages in the generation or a segment that are no longer searchable, in ascending order."""

    def __len__(self) -> int:
        """Passages in the indexes, those that are gone included."""
        return sum(map(len, self._each()))

    def by_vector(self, question: Embedding, *, k: int, chosen: Chosen = EVERYTHING) -> Ranking:
        """The k passages nearest to the question; scores are cosines."""
        selection = Selection(chosen.allowed, self.gone, chosen.filters)
        rankings = (each.vectors.search(question, k=k, selection=_of(selection, each)) for each in self._each())
        return Ranking.merged(rankings, k=k)

    def by_words(self, terms: Sequence[str], *, k: int, chosen: Chosen = EVERYTHING) -> Ranking:
        """The k passages that share the rarest terms with the question; scores are BM25's."""
        statistics = self.statistics(terms)
        selection = Selection(chosen.allowed, self.gone, chosen.filters)
        rankings = (
            each.lexical.search(terms, k=k, selection=_of(selection, each), statistics=statistics)
            for each in self._each()
        )
        return Ranking.merged(rankings, k=k)

    def meeting(self, filters: Filters, snapshot: Snapshot) -> Chosen:
        """What is to be searched of what meets the filters, as the snapshot of this view's commit says."""
        if not filters:
            return EVERYTHING
        if not self._in_place:
            return Chosen(snapshot.matching(filters))
        return Chosen(snapshot.matching(filters, after=self._covered), filters)

    def still_there(self, ranking: Ranking, snapshot: Snapshot) -> Ranking:
        """Without what an index that others add to found and is not in the snapshot: it may be behind, or ahead."""
        if not self._in_place or not len(ranking):
            return ranking
        there = np.isin(ranking.ids, snapshot.searchable_among(ranking.ids.tolist()))
        return ranking if there.all() else Ranking(ranking.ids[there], ranking.scores[there])

    def check(self) -> None:
        """Raises what a search would raise if it is known that none can be had now."""
        if self.generation is not None:
            self.generation.check()

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """How common the terms are in the collection; passages that are gone count until a merge or rebuild."""
        return Statistics.total([each.lexical.statistics(terms) for each in self._each()], terms)

    def spelt_like(self, term: str) -> list[str]:
        """Terms of the collection that one which no passage has may be meant for, the likeliest first."""
        return variants(
            term,
            lambda letters: dict.fromkeys(
                word for each in self._each() for word in each.lexical.terms_beginning(letters)
            ),
        )

    @property
    def number(self) -> int | None:
        """The generation's, None where there is none."""
        return None if self.generation is None else self.generation.manifest.number

    @property
    def version(self) -> Version | None:
        """Which generation it has, None where it has none."""
        return None if self.generation is None else self.generation.version

    @property
    def upkeep_due(self) -> bool:
        """Whether anything about the generation is to be done."""
        return self.flush_due or self.merge_due

    @property
    def flush_due(self) -> bool:
        """Whether so much is held in memory that it should become a part of the generation."""
        covered = 0 if self.generation is None else self.generation.manifest.passages
        # those that were taken out again would not be in the part
        live = Selection(excluded=self.gone)
        waiting = sum(int(live.mask(segment.vectors.ids).sum()) for segment in self.newer)
        if self._in_place:
            waiting += len(Selection(excluded=self.gone).within(after=0, until=self._covered).excluded)
        return TIERS.flush_due(waiting, covered=covered)

    @property
    def merge_due(self) -> bool:
        """Whether parts of the generation should be made one, or anew without what was taken out of them."""
        if self._in_place:
            return False
        return TIERS.run_to_merge([Size(len(part), len(_gone(self.gone, part))) for part in self._parts()]) is not None

    @property
    def _in_place(self) -> bool:
        return self.generation is not None and self.generation.in_place

    @property
    def _covered(self) -> int:
        return 0 if self.generation is None else self.generation.manifest.last_passage_id

    def _parts(self) -> tuple[Part, ...]:
        return () if self.generation is None else self.generation.parts

    def _each(self) -> Iterator[Part | Segment]:
        yield from self._parts()
        yield from self.newer


def _of(selection: Selection, each: Part | Segment) -> Selection:
    """What of a selection concerns one of a view's parts and segments."""
    if isinstance(each, Segment):
        return selection
    return selection.within(after=each.manifest.after, until=each.manifest.last_passage_id)


def _gone(gone: Ids, part: Part) -> Ids:
    return Selection(excluded=gone).within(after=part.manifest.after, until=part.manifest.last_passage_id).excluded
