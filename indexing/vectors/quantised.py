"""Comparing codes first and then the stored vectors of the best by these, so that scores are exact."""

from pathlib import Path
from typing import Protocol

import numpy as np

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors.plan import Built
from indexing.vectors.recall import Rows

_IDS, _VECTORS = "ids.npy", "vectors.npy"
_SPARE = 1.5
"""So many times the codes are fetched where a selection leaves some of them out."""
_FEW = 8192
"""Selected vectors up to which all of them are compared, about two milliseconds."""


class Codes(Protocol):
    """Short codes of vectors, row for row."""

    def nearest(self, question: Embedding, *, count: int, probes: int) -> Rows:
        """Rows whose codes are nearest, best first, at most `count`.

        Codes in lists are looked for in the `probes` nearest lists, in all of them where it is 0.
        """
        ...

    def save(self, folder: Path) -> None:
        """Writes them into a folder."""
        ...


class QuantisedIndex:
    """Compares codes, and of the best by these the vectors."""

    def __init__(self, codes: Codes, ids: Ids, vectors: Vectors, *, built: Built) -> None:
        """`ids` in ascending order; `vectors` may be a memory-mapped file."""
        self._codes = codes
        self._ids = ids
        self._vectors = vectors
        self.built = built

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages by inner product. Where few are selected, all of those are compared."""
        few = self._few(selection)
        rows = few if few is not None else self._candidates(question, k=k, selection=selection)
        return Ranking.best(self._ids[rows], self._scores(rows, question), k=k)

    def save(self, folder: Path) -> None:
        """Writes the codes, and the vectors as they are stored, two bytes a number."""
        self._codes.save(folder)
        np.save(folder / _IDS, self._ids, allow_pickle=False)
        np.save(folder / _VECTORS, self._vectors, allow_pickle=False)

    def _few(self, selection: Selection) -> Rows | None:
        """The rows of all selected passages if they are few."""
        if selection.allowed is None or len(selection.allowed) > _FEW:
            return None
        places = np.searchsorted(self._ids, selection.allowed)
        held = places < len(self._ids)
        held[held] = self._ids[places[held]] == selection.allowed[held]
        rows: Rows = places[held]
        return rows[selection.mask(self._ids[rows])]

    def _candidates(self, question: Embedding, *, k: int, selection: Selection) -> Rows:
        """Selected rows with the nearest codes, enough that the k nearest vectors are among them."""
        wanted = max(self.built.depth, 3 * k)
        share = 1.0 if selection.allowed is None else min(1.0, len(selection.allowed) / len(self))
        everything = share == 1 and not len(selection.excluded)
        count = wanted if everything else int(_SPARE * wanted / share)
        # what a filter selects may lie far from the question, where few lists are looked at
        probes = self.built.probes if selection.allowed is None else 0
        while count < len(self):
            rows = self._codes.nearest(question, count=count, probes=probes)
            selected = rows[selection.mask(self._ids[rows])]
            if len(selected) >= wanted // 2:
                return selected
            # more of the nearest than its share are left out, as when a whole subject was deleted
            count, probes = 4 * count, 0
        every = np.arange(len(self))
        return every[selection.mask(self._ids)]

    def _scores(self, rows: Rows, question: Embedding) -> Embedding:
        scores: Embedding = self._vectors[rows].astype(np.float32) @ question
        return scores


def load(folder: Path, codes: Codes, *, built: Built) -> QuantisedIndex:
    """What `save` wrote, with the codes that are already read."""
    ids = np.load(folder / _IDS, allow_pickle=False)
    # a question touches some hundred rows of it; processes share what was read
    vectors = np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False)
    return QuantisedIndex(codes, ids, vectors, built=built)
