"""The vector indexes on FAISS: all vectors while they are few, then codes of them, then codes in lists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors import quantised
from indexing.vectors.plan import BY_SIZE, EXACT, Built, Kind, Plan
from indexing.vectors.protocol import VectorIndex
from indexing.vectors.quantised import QuantisedIndex
from indexing.vectors.recall import K, Rows, nearest, pseudo_questions, recall

QUANTISED_FROM = 4096
"""Vectors from which on codes are compared first: with fewer, comparing all takes a fifth of a millisecond."""
IVF_FROM = 200_000
"""Vectors from which on the codes stand in lists: to scan all of them takes 10 ms for a million."""
_INDEX = "vectors.faiss"
_CENTROIDS = 16
"""Of each subquantiser: four bits."""
_SAMPLE = 65_536
"""Vectors that the codes are fitted to."""
_DEPTHS = (100, 200, 300, 500, 1000, 2000, 4000)
_SHARES = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4)
"""Of the lists that are looked at, as few as reach the recall that is asked for."""
_ROUNDS = 10
"""Of k-means for the lists; 25, FAISS's own, take as much longer and find no more."""


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
        _write(self._index, folder / _INDEX)


class ProductCodes:
    """A product quantiser's codes of two bits a dimension, compared by FAISS's fast-scan; in lists where there are any.

    For vectors as far from the question as passages are, lists and graphs have to look at so much that a plain scan is
    faster until there are hundreds of thousands (`eval/tables/vector_indexes.md`). After André, Kermarrec and Le
    Scouarnec, "Cache locality is not enough: High-performance nearest neighbor search with product quantization fast
    scan" (2015).
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.lists = int(getattr(index, "nlist", 0))

    def nearest(self, question: Embedding, *, count: int, probes: int) -> Rows:
        """Rows whose codes are nearest, best first."""
        parameters = faiss.SearchParametersIVF(nprobe=probes or self.lists) if self.lists else None  # type: ignore[call-arg]
        _, rows = self._index.search(question[np.newaxis], count, params=parameters)
        found: Rows = rows[0][rows[0] >= 0]
        return found

    def save(self, folder: Path) -> None:
        """Writes FAISS's own file format."""
        _write(self._index, folder / _INDEX)


def build(ids: Ids, vectors: Vectors, *, plan: Plan = BY_SIZE) -> VectorIndex:
    """An index over stored vectors, row for row."""
    kind = plan.kind or _by_size(len(ids))
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
        codes = _codes(vectors, in_lists=kind is Kind.IVF)
        return QuantisedIndex(codes, ids, vectors, built=_calibrated(codes, vectors, kind=kind, wanted=plan.recall))
    finally:
        faiss.omp_set_num_threads(former)


def load(folder: Path, *, built: Built = EXACT) -> VectorIndex:
    """Reads what `save` of such an index wrote.

    Only for files whose checksum was compared: FAISS trusts what it reads.
    """
    index = faiss.read_index(str(folder / _INDEX))
    return FlatIndex(index) if built.kind is Kind.EXACT else quantised.load(folder, ProductCodes(index), built=built)


def _write(index: Any, file: Path) -> None:
    # FAISS's own writer does not tell when the last bytes of a file found no room
    with file.open("wb") as opened:
        # FAISS's stubs do not know this class
        writer = faiss.PyCallbackIOWriter(opened.write)  # type: ignore[attr-defined]
        faiss.write_index(index, writer)


def _by_size(count: int) -> Kind:
    if count < QUANTISED_FROM:
        return Kind.EXACT
    return Kind.QUANTISED if count < IVF_FROM else Kind.IVF


def _codes(vectors: Vectors, *, in_lists: bool) -> ProductCodes:
    dim = vectors.shape[1]
    subquantisers = dim // 2 if dim % 2 == 0 else dim
    sample = np.random.default_rng(1).permutation(len(vectors))[:_SAMPLE]
    codes: Any
    if in_lists:
        lists = min(1 << round(2 + np.log2(len(vectors)) / 2), len(sample))
        codes = faiss.IndexIVFPQFastScan(
            faiss.IndexFlatIP(dim), dim, lists, subquantisers, 4, faiss.METRIC_INNER_PRODUCT
        )
        # codes of what sets a vector apart from its list's centre; the tables of inner products are the same for all
        codes.by_residual = True
        codes.cp.spherical, codes.cp.niter, codes.cp.min_points_per_centroid = True, _ROUNDS, 1
    else:
        codes = faiss.IndexPQFastScan(dim, subquantisers, 4, faiss.METRIC_INNER_PRODUCT)
    # FAISS asks for 39 vectors a centroid and warns of fewer; a small index forced by a setting has to do with them
    codes.pq.cp.min_points_per_centroid = 1
    codes.train(vectors[np.sort(sample)].astype(np.float32))
    for block in _blocks(vectors):
        codes.add(block.astype(np.float32))
    return ProductCodes(codes)


def _blocks(vectors: Vectors) -> Iterator[Vectors]:
    for at in range(0, len(vectors), _SAMPLE):
        yield vectors[at : at + _SAMPLE]


def _calibrated(codes: ProductCodes, vectors: Vectors, *, kind: Kind, wanted: float) -> Built:
    """Compares as few vectors a question as keep half of the misses allowed: real questions miss up to twice as many as
    pseudo-questions. The same then for the lists."""
    questions = pseudo_questions(vectors)
    exact = nearest(questions, vectors)

    def found(depth: int, probes: int) -> list[Rows]:
        return [codes.nearest(question, count=min(depth, len(vectors)), probes=probes) for question in questions]

    def enough(reached: float) -> bool:
        return 1 - reached <= (1 - wanted) / 2

    deepest = found(_DEPTHS[-1], 0)
    reached = {depth: recall([rows[:depth] for rows in deepest], exact) for depth in _DEPTHS if depth >= K}
    depth = next((depth for depth in _DEPTHS if enough(reached[depth])), _DEPTHS[-1])
    for probes in (round(share * codes.lists) for share in _SHARES if codes.lists):
        with_lists = recall(found(depth, probes), exact)
        if probes and enough(with_lists):
            return Built(kind, depth, with_lists, probes)
    return Built(kind, depth, reached[depth])


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
