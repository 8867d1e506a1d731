"""The vector index on FAISS: exact inner products, computed by its flat index."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking, Selection

_FILE = "vectors.faiss"


class FaissIndex:
    """Wraps a FAISS index whose labels are passage ids."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages by inner product."""
        k = min(k, len(self))
        if k == 0:
            return Ranking.merged([], k=0)
        scores, ids = self._index.search(question[np.newaxis], k, params=_parameters(selection))
        found = ids[0] >= 0  # FAISS fills up with -1 where fewer than k are selected
        return Ranking.best(ids[0][found], scores[0][found], k=k)

    def save(self, folder: Path) -> None:
        """Writes FAISS's own file format."""
        faiss.write_index(self._index, str(folder / _FILE))


def build(ids: Ids, vectors: Vectors) -> FaissIndex:
    """An index over stored vectors, row for row."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors.astype(np.float32), ids)
    return FaissIndex(index)


def load(folder: Path) -> FaissIndex:
    """Reads what `save` wrote. Only for files whose checksum was compared: FAISS trusts what it reads."""
    return FaissIndex(faiss.read_index(str(folder / _FILE)))


def _parameters(selection: Selection) -> Any:
    selectors: list[Any] = []
    if selection.allowed is not None:
        selectors.append(faiss.IDSelectorBatch(selection.allowed))
    if len(selection.excluded):
        selectors.append(faiss.IDSelectorNot(faiss.IDSelectorBatch(selection.excluded)))
    if not selectors:
        return None
    selector = selectors[0] if len(selectors) == 1 else faiss.IDSelectorAnd(*selectors)
    # FAISS's stubs do not know the keyword arguments that its Python layer adds
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
