"""The vector indexes on FAISS: one that compares every vector while they are few, one that compares codes first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors.plan import BY_SIZE, EXACT, Built, Kind, Plan
from indexing.vectors.protocol import VectorIndex
from indexing.vectors.recall import K, Rows, nearest, pseudo_questions, recall

QUANTISED_FROM = 4096
"""Vectors from which on codes are compared first: with fewer, comparing all takes a fifth of a millisecond."""
_INDEX, _IDS, _VECTORS = "vectors.faiss", "ids.npy", "vectors.npy"
_CENTROIDS = 16
"""Of each subquantiser: four bits."""
_SAMPLE = 65_536
"""Vectors that the codes are fitted to."""
_DEPTHS = (100, 200, 300, 500, 1000, 2000, 4000)
_SPARE = 1.5
"""So many times the codes are fetched where a selection leaves some of them out."""
_FEW = 8192
"""Selected vectors up to which all of them are compared, about two milliseconds."""


class FlatIndex:
    """Compares every vector. Wraps a FAISS index whose labels are passage ids."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.built = EXACT

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
        faiss.write_index(self._index, str(folder / _INDEX))


class QuantisedIndex:
    """Compares codes of two bits a dimension, and of the best by these the stored vectors, so that scores are exact.

    The codes are a product quantiser's, scanned from end to end by FAISS's fast-scan: for vectors as far from the
    question as passages are, inverted lists and graphs have to look at so much that they are slower
    (`eval/tables/vector_indexes.md`). After André, Kermarrec and Le Scouarnec, "Cache locality is not enough:
    High-performance nearest neighbor search with product quantization fast scan" (2015).
    """

    def __init__(self, codes: Any, ids: Ids, vectors: Vectors, *, built: Built) -> None:
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
        """Writes FAISS's own file format, and the vectors as they are stored, two bytes a number."""
        faiss.write_index(self._codes, str(folder / _INDEX))
        np.save(folder / _IDS, self._ids, allow_pickle=False)
        np.save(folder / _VECTORS, self._vectors, allow_pickle=False)

    def nearest_codes(self, question: Embedding, *, count: int) -> Rows:
        """Rows whose codes are nearest, best first."""
        _, rows = self._codes.search(question[np.newaxis], min(count, len(self)))
        found: Rows = rows[0][rows[0] >= 0]
        return found

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
        while True:
            rows = self.nearest_codes(question, count=count)
            selected = rows[selection.mask(self._ids[rows])]
            if len(selected) >= wanted // 2 or count >= len(self):
                return selected
            # more of the nearest than its share are left out, as when a whole subject was deleted
            count *= 4

    def _scores(self, rows: Rows, question: Embedding) -> Embedding:
        scores: Embedding = self._vectors[rows].astype(np.float32) @ question
        return scores


def build(ids: Ids, vectors: Vectors, *, plan: Plan = BY_SIZE) -> VectorIndex:
    """An index over stored vectors, row for row."""
    kind = plan.kind or (Kind.QUANTISED if len(ids) >= QUANTISED_FROM else Kind.EXACT)
    if kind is Kind.EXACT or len(ids) < _CENTROIDS:
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(vectors.astype(np.float32), ids)
        return FlatIndex(index)
    if (np.diff(ids) < 0).any():
        order = np.argsort(ids, kind="stable")
        ids, vectors = ids[order], vectors[order]
    former = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(plan.threads)
    try:
        codes = _codes(vectors)
        return _calibrated(codes, ids, vectors, wanted=plan.recall)
    finally:
        faiss.omp_set_num_threads(former)


def load(folder: Path, *, built: Built = EXACT) -> VectorIndex:
    """Reads what `save` of such an index wrote.

    Only for files whose checksum was compared: FAISS trusts what it reads.
    """
    index = faiss.read_index(str(folder / _INDEX))
    if built.kind is Kind.EXACT:
        return FlatIndex(index)
    ids = np.load(folder / _IDS, allow_pickle=False)
    # a question touches some hundred rows of it; processes share what was read
    vectors = np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False)
    return QuantisedIndex(index, ids, vectors, built=built)


def _codes(vectors: Vectors) -> Any:
    dim = vectors.shape[1]
    subquantisers = dim // 2 if dim % 2 == 0 else dim
    codes = faiss.IndexPQFastScan(dim, subquantisers, 4, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(1).permutation(len(vectors))[:_SAMPLE]
    # FAISS asks for 39 vectors a centroid and warns of fewer; a small index forced by a setting has to do with them
    codes.pq.cp.min_points_per_centroid = 1
    codes.train(vectors[np.sort(sample)].astype(np.float32))
    for block in _blocks(vectors):
        codes.add(block.astype(np.float32))
    return codes


def _blocks(vectors: Vectors) -> Iterator[Vectors]:
    for at in range(0, len(vectors), _SAMPLE):
        yield vectors[at : at + _SAMPLE]


def _calibrated(codes: Any, ids: Ids, vectors: Vectors, *, wanted: float) -> QuantisedIndex:
    """Compares as few vectors a question as keep half of the misses allowed: real questions miss up to twice as many as
    pseudo-questions."""
    questions = pseudo_questions(vectors)
    exact = nearest(questions, vectors)
    index = QuantisedIndex(codes, ids, vectors, built=Built(Kind.QUANTISED))
    found = [index.nearest_codes(question, count=_DEPTHS[-1]) for question in questions]
    reached = {depth: recall([rows[:depth] for rows in found], exact) for depth in _DEPTHS if depth >= K}
    depth = next((depth for depth in _DEPTHS if 1 - reached[depth] <= (1 - wanted) / 2), _DEPTHS[-1])
    return QuantisedIndex(codes, ids, vectors, built=Built(Kind.QUANTISED, depth, reached[depth]))


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
