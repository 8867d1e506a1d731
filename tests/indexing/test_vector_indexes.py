"""The contract of vector indexes, kept by every kind, with the exact one in numpy as the twin the others agree with.

Milvus is searched as the files are; it saves to no folder, and which of several equal scores it cuts off is its choice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.milvus.client import Client
from indexing.ranking import Ids, Selection
from indexing.vectors import choose, exact
from indexing.vectors.plan import Built, Kind, Plan
from indexing.vectors.protocol import VectorIndex, VectorSearch
from tests.indexing.rows import vectors_in
from tests.indexing.samples import LAW, check_order, check_same_ranking, ids_array, unit_rows

DIM = 16
IDS: Ids = np.cumsum(np.random.default_rng(1).integers(1, 9, 300)).astype(np.int64)
VECTORS: Vectors = unit_rows(300, DIM, seed=2).astype(np.float16)
EVERYTHING = Selection()

Build = Callable[[Ids, Vectors], VectorSearch]


@dataclass(frozen=True)
class Files:
    build: Callable[[Ids, Vectors], VectorIndex]
    load: Callable[[Path, Built], VectorIndex]


def _of(kind: Kind) -> Files:
    return Files(partial(choose.build, plan=Plan(kind)), lambda folder, built: choose.load(folder, built=built))


TWIN = "numpy"
APPROXIMATE = [Kind.QUANTISED, Kind.IVF]
"""All other kinds agree with the twin about everything; these find what they are built to find."""
FILES: dict[str, Files] = {str(kind): _of(kind) for kind in choose.BACKENDS}
HERE: dict[str, Build] = {TWIN: exact.build, **{name: files.build for name, files in FILES.items()}}
EXACT_HERE = [name for name in HERE if name not in APPROXIMATE]
ENGINE = "milvus"


@pytest.fixture(scope="module")
def builds(lite: Client) -> dict[str, Build]:
    return {**HERE, ENGINE: partial(vectors_in, lite)}


@pytest.fixture(params=[*HERE, ENGINE])
def build(request: pytest.FixtureRequest, builds: dict[str, Build]) -> Build:
    return builds[str(request.param)]


@pytest.fixture(params=FILES)
def files(request: pytest.FixtureRequest) -> Files:
    return FILES[str(request.param)]


@pytest.fixture(params=EXACT_HERE)
def exact_here(request: pytest.FixtureRequest) -> Build:
    return HERE[str(request.param)]


@pytest.fixture(scope="module")
def twins(builds: dict[str, Build]) -> dict[str, VectorSearch]:
    """All exact backends over the same passages."""
    return {name: builds[name](IDS, VECTORS) for name in (*EXACT_HERE, ENGINE)}


def question(seed: int = 3) -> Embedding:
    row: Embedding = unit_rows(1, DIM, seed=seed)[0]
    return row


def test_scores_are_inner_products_with_the_stored_vectors(build: Build) -> None:
    found = build(IDS, VECTORS).search(question(), k=10, selection=EVERYTHING)
    row_of = {int(number): row for row, number in enumerate(IDS)}
    expected = [float(VECTORS[row_of[number]].astype(np.float32) @ question()) for number in found.ids.tolist()]
    np.testing.assert_allclose(found.scores, expected, atol=1e-6)
    assert (found.ids.dtype.name, found.scores.dtype.name) == ("int64", "float32")


def test_a_stored_vector_finds_its_own_passage_first(build: Build) -> None:
    index = build(IDS, VECTORS)
    for row in range(0, 300, 29):
        found = index.search(VECTORS[row].astype(np.float32), k=1, selection=EVERYTHING)
        assert found.ids.tolist() == [IDS[row]]


@LAW
@given(
    seed=st.integers(0, 1000),
    k=st.integers(1, 400),
    allowed=st.none() | st.sets(st.sampled_from([*IDS.tolist(), 0, 10**12])),
    excluded=st.sets(st.sampled_from([*IDS.tolist(), 0, 10**12])),
)
def test_every_exact_backend_agrees_with_the_twin_under_any_selection(
    twins: dict[str, VectorSearch], seed: int, k: int, allowed: set[int] | None, excluded: set[int]
) -> None:
    twin = twins[TWIN]
    selection = Selection(None if allowed is None else ids_array(*allowed), ids_array(*excluded))
    expected = twin.search(question(seed), k=k, selection=selection)
    everything = twin.search(question(seed), k=len(IDS), selection=selection)
    for index in twins.values():
        found = index.search(question(seed), k=k, selection=selection)
        check_same_ranking(found, expected, everything=everything)
        assert selection.mask(found.ids).all()


def test_a_selection_is_applied_before_the_cut_at_k(build: Build) -> None:
    index = build(IDS, VECTORS)
    ranked = index.search(question(), k=300, selection=EVERYTHING).ids
    worst = np.sort(ranked[-5:])
    assert set(index.search(question(), k=5, selection=Selection(worst)).ids.tolist()) == set(worst.tolist())
    without = index.search(question(), k=5, selection=Selection(excluded=np.sort(ranked[:290])))
    assert without.ids.tolist() == ranked[290:295].tolist()


@pytest.mark.parametrize("selection", [EVERYTHING, Selection(ids_array(1, 2)), Selection(excluded=ids_array(1))])
def test_an_empty_index_finds_nothing(build: Build, selection: Selection) -> None:
    index = build(np.empty(0, np.int64), np.empty((0, DIM), np.float16))
    assert len(index) == 0
    assert len(index.search(question(), k=5, selection=selection)) == 0


def test_nothing_selected_finds_nothing(build: Build) -> None:
    index = build(IDS, VECTORS)
    for selection in (
        Selection(ids_array()),
        Selection(excluded=IDS),
        Selection(IDS, IDS),
        Selection(ids_array(10**9)),
    ):
        assert len(index.search(question(), k=5, selection=selection)) == 0


def test_more_than_there_are_gives_all_of_them(build: Build) -> None:
    index = build(IDS[:7], VECTORS[:7])
    assert len(index) == 7
    assert sorted(index.search(question(), k=1000, selection=EVERYTHING).ids.tolist()) == IDS[:7].tolist()


@pytest.mark.parametrize("k", [1, 3, 9, 50, 110, 119])
def test_equal_vectors_stand_in_order_of_id_and_the_lowest_ids_are_kept_at_the_cut(exact_here: Build, k: int) -> None:
    ids = np.arange(100, 220, dtype=np.int64)
    same = np.repeat(VECTORS[:1], len(ids), axis=0)
    found = exact_here(ids, same).search(question(), k=k, selection=EVERYTHING)
    check_order(found)
    assert found.ids.tolist() == list(range(100, 100 + k))


def test_an_engine_gives_some_of_equal_vectors_in_order_of_id(lite: Client) -> None:
    found = vectors_in(lite, IDS[:50], np.repeat(VECTORS[:1], 50, axis=0)).search(
        question(), k=20, selection=EVERYTHING
    )
    check_order(found)
    assert len(set(found.ids.tolist()) & set(IDS[:50].tolist())) == 20


def test_an_index_that_was_saved_and_loaded_finds_the_same(files: Files, tmp_path: Path) -> None:
    index = files.build(IDS, VECTORS)
    index.save(tmp_path)
    loaded = files.load(tmp_path, index.built)
    assert loaded.built == index.built
    assert len(loaded) == len(index)
    for selection in (EVERYTHING, Selection(IDS[::3], IDS[::6])):
        expected = index.search(question(), k=20, selection=selection)
        found = loaded.search(question(), k=20, selection=selection)
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores.tobytes() == expected.scores.tobytes()


def test_an_empty_index_survives_saving_too(files: Files, tmp_path: Path) -> None:
    index = files.build(np.empty(0, np.int64), np.empty((0, DIM), np.float16))
    index.save(tmp_path)
    assert len(files.load(tmp_path, index.built)) == 0


def test_ids_beyond_32_bits_come_back_whole(build: Build) -> None:
    ids = np.array([2**31, 2**40, 2**62], np.int64)
    index = build(ids, VECTORS[:3])
    assert sorted(index.search(question(), k=3, selection=EVERYTHING).ids.tolist()) == ids.tolist()
    assert index.search(question(), k=3, selection=Selection(ids[1:2])).ids.tolist() == [2**40]
