"""The reference vector index: one matrix product over all vectors, in numpy."""

import numpy as np
from numpy.typing import NDArray

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding, Embeddings
from indexing.ranking import Ids, Ranking, Selection


class ExactIndex:
    """Compares a question with every vector. Serves what is newer than the last generation, and tests."""

    def __init__(self, ids: Ids, vectors: Embeddings) -> None:
        self.ids = ids
        self.vectors = vectors

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages by inner product."""
        chosen = selection.mask(self.ids)
        scores: NDArray[np.float32] = self.vectors[chosen] @ question
        return Ranking.best(self.ids[chosen], scores, k=k)


def build(ids: Ids, vectors: Vectors) -> ExactIndex:
    """An index over stored vectors, row for row."""
    return ExactIndex(ids, vectors.astype(np.float32))
