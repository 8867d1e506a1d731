"""The reference vector index: one matrix product over all vectors, in numpy."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding, Embeddings
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors.plan import EXACT

_IDS = "ids.npy"
_VECTORS = "vectors.npy"


class ExactIndex:
    """Compares a question with every vector. Serves what is newer than the last generation, and tests."""

    def __init__(self, ids: Ids, vectors: Embeddings) -> None:
        self.ids = ids
        self.vectors = vectors
        self.built = EXACT

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages by inner product."""
        chosen = selection.mask(self.ids)
        scores: NDArray[np.float32] = self.vectors[chosen] @ question
        return Ranking.best(self.ids[chosen], scores, k=k)

    def save(self, folder: Path) -> None:
        """Writes two numpy arrays."""
        np.save(folder / _IDS, self.ids, allow_pickle=False)
        np.save(folder / _VECTORS, self.vectors, allow_pickle=False)


def build(ids: Ids, vectors: Vectors) -> ExactIndex:
    """An index over stored vectors, row for row."""
    return ExactIndex(ids, vectors.astype(np.float32))


def load(folder: Path) -> ExactIndex:
    """Reads what `save` wrote."""
    ids = np.load(folder / _IDS, allow_pickle=False)
    return ExactIndex(ids, np.load(folder / _VECTORS, allow_pickle=False))
