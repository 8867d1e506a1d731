"""Rankings of passages, and the condition under which a passage may be ranked at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corpus.library.records import Filters

Ids = NDArray[np.int64]
"""Passage ids: shape (n,)."""


def _no_ids() -> Ids:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Passages, best first; equal scores in order of id."""

    ids: Ids
    scores: NDArray[np.float32]
    """Shape (n,), descending. What a score means depends on the index it comes from."""

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, ids: Sequence[int], scores: Sequence[float]) -> "Ranking":
        """From plain numbers, as an engine returns them."""
        return cls(np.array(ids, np.int64), np.array(scores, np.float32))

    @classmethod
    def best(cls, ids: Ids, scores: NDArray[np.float32], *, k: int) -> "Ranking":
        """The k best of these, in order."""
        order = np.lexsort((ids, -scores))[:k]
        return cls(ids[order].astype(np.int64), scores[order].astype(np.float32))

    @classmethod
    def merged(cls, parts: Iterable["Ranking"], *, k: int) -> "Ranking":
        """The k best of several rankings over disjoint sets of passages, scored on one scale."""
        several = list(parts)
        return cls.best(
            np.concatenate([_no_ids(), *(part.ids for part in several)]),
            np.concatenate([np.empty(0, np.float32), *(part.scores for part in several)]),
            k=k,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which passages may be ranked. An index applies it before it cuts at k, never after."""

    allowed: Ids | None = None
    """Only these, in ascending order; None means all."""
    excluded: Ids = field(default_factory=_no_ids)
    """None of these, which are in ascending order, too."""
    filters: Filters | None = None
    """What an index that knows of articles is to choose by itself, in place of `allowed`; others are never given it."""

    def mask(self, ids: Ids) -> NDArray[np.bool_]:
        """For each id whether it may be ranked."""
        mask = ~_among(self.excluded, ids)
        return mask if self.allowed is None else mask & _among(self.allowed, ids)

    def within(self, *, after: int, until: int) -> "Selection":
        """What it says of the ids above `after` and at most `until`."""
        allowed = None if self.allowed is None else _between(self.allowed, after, until)
        return Selection(allowed, _between(self.excluded, after, until), self.filters)


def _among(ascending: Ids, ids: Ids) -> NDArray[np.bool_]:
    """For each id whether it is one of many others: a search each, so that their number costs next to nothing."""
    if not len(ascending):
        return np.zeros(len(ids), bool)
    places = np.searchsorted(ascending, ids)
    found: NDArray[np.bool_] = ascending[np.minimum(places, len(ascending) - 1)] == ids
    return found


def _between(ascending: Ids, after: int, until: int) -> Ids:
    first, last = np.searchsorted(ascending, [after, until], side="right")
    return ascending[first:last]
