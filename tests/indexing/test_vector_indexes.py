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
from indexing.vectors import choose, exact, faiss
from indexing.vectors import quantised as quantised_backend
from indexing.vectors import recall as recall_of
from indexing.vectors.plan import EXACT, Built, Kind, Plan
from indexing.vectors.protocol import VectorIndex, VectorSearch
from indexing.vectors.recall import pseudo_questions
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
FILES: dict[str, Files] = {
    TWIN: Files(exact.build, lambda folder, _: exact.load(folder)),
    **{str(kind): _of(kind) for kind in choose.BACKENDS},
}
EXACT_FILES = [name for name in FILES if name not in APPROXIMATE]
ENGINE = "milvus"


@pytest.fixture(scope="module")
def builds(lite: Client) -> dict[str, Build]:
    return {**{name: files.build for name, files in FILES.items()}, ENGINE: partial(vectors_in, lite)}


@pytest.fixture(params=[*FILES, ENGINE])
def build(request: pytest.FixtureRequest, builds: dict[str, Build]) -> Build:
    return builds[str(request.param)]


@pytest.fixture(params=FILES)
def files(request: pytest.FixtureRequest) -> Files:
    return FILES[str(request.param)]


@pytest.fixture(params=EXACT_FILES)
def exact_files(request: pytest.FixtureRequest) -> Files:
    return FILES[str(request.param)]


@pytest.fixture(scope="module")
def twins(builds: dict[str, Build]) -> dict[str, VectorSearch]:
    """All exact backends over the same passages."""
    return {name: builds[name](IDS, VECTORS) for name in (*EXACT_FILES, ENGINE)}


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
def test_equal_vectors_stand_in_order_of_id_and_the_lowest_ids_are_kept_at_the_cut(exact_files: Files, k: int) -> None:
    ids = np.arange(100, 220, dtype=np.int64)
    same = np.repeat(VECTORS[:1], len(ids), axis=0)
    found = exact_files.build(ids, same).search(question(), k=k, selection=EVERYTHING)
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


MANY = 5000
MANY_IDS: Ids = np.cumsum(np.random.default_rng(4).integers(1, 9, MANY)).astype(np.int64)
MANY_VECTORS: Vectors = unit_rows(MANY, DIM, seed=5).astype(np.float16)
_TWIN = exact.build(MANY_IDS, MANY_VECTORS)


@pytest.fixture(scope="module", params=[f"{how} {kind}" for kind in APPROXIMATE for how in ("built", "loaded")])
def approximate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    how, kind = str(request.param).split()
    index = choose.build(MANY_IDS, MANY_VECTORS, plan=Plan(Kind(kind)))
    assert index.built.kind is Kind(kind)
    if how == "built":
        return index
    folder = tmp_path_factory.mktemp("approximate")
    index.save(folder)
    return choose.load(folder, built=index.built)


def test_every_kind_that_may_be_set_has_a_backend_and_one_that_has_none_is_an_error(tmp_path: Path) -> None:
    assert {*choose.BACKENDS} == {*Kind} - {Kind.ENGINE}
    with pytest.raises(KeyError):
        choose.build(IDS, VECTORS, plan=Plan(Kind.ENGINE))
    with pytest.raises(KeyError):
        choose.load(tmp_path, built=Built(Kind.ENGINE))


@pytest.mark.parametrize("kind", choose.BACKENDS)
@pytest.mark.parametrize("count", [1, 15, 16, 300, MANY])
def test_what_was_built_of_few_or_many_is_read_back_by_what_it_says_of_itself(
    tmp_path: Path, kind: Kind, count: int
) -> None:
    index = choose.build(MANY_IDS[:count], MANY_VECTORS[:count], plan=Plan(kind))
    index.save(tmp_path)
    loaded = choose.load(tmp_path, built=index.built)
    assert (len(loaded), loaded.built) == (count, index.built)
    expected = index.search(question(), k=5, selection=EVERYTHING)
    assert loaded.search(question(), k=5, selection=EVERYTHING).ids.tolist() == expected.ids.tolist()


def test_many_vectors_get_codes_unless_it_is_set_otherwise_and_few_do_not() -> None:
    assert choose.build(IDS, VECTORS, plan=Plan()).built == EXACT
    assert choose.build(MANY_IDS, MANY_VECTORS, plan=Plan()).built.kind is Kind.QUANTISED
    assert choose.build(MANY_IDS, MANY_VECTORS, plan=Plan(Kind.EXACT)).built == EXACT
    assert choose.build(IDS, VECTORS, plan=Plan(Kind.QUANTISED)).built.kind is Kind.QUANTISED


def test_only_some_of_the_lists_are_looked_at_and_all_where_that_is_too_few() -> None:
    some = faiss.build(MANY_IDS, MANY_VECTORS, plan=Plan(Kind.IVF, recall=0.6)).built
    assert 0 < some.probes < 64
    most = faiss.build(MANY_IDS, MANY_VECTORS, plan=Plan(Kind.IVF, recall=0.99)).built
    assert most.recall >= 0.995
    assert most.probes == 0 or most.probes > some.probes


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 100])
@pytest.mark.parametrize("dim", [DIM, 15])
@pytest.mark.parametrize("kind", [Kind.QUANTISED, Kind.IVF])
def test_codes_that_are_asked_for_serve_few_vectors_of_any_dimension_too(count: int, dim: int, kind: Kind) -> None:
    ids = IDS[:count][::-1].copy()
    vectors = unit_rows(count, dim, seed=6).astype(np.float16)
    index = faiss.build(ids, vectors, plan=Plan(kind))
    assert index.built.kind is (kind if count >= 16 else Kind.EXACT)
    asked = unit_rows(1, dim, seed=7)[0]
    for selection in (
        EVERYTHING,
        Selection(np.sort(ids[::2])),
        Selection(excluded=np.sort(ids[::3])),
        Selection(IDS[200:]),
    ):
        expected = exact.build(ids, vectors).search(asked, k=2 * count + 1, selection=selection)
        found = index.search(asked, k=2 * count + 1, selection=selection)
        assert found.ids.tolist() == expected.ids.tolist()
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_the_recall_asked_for_is_reached_and_told(approximate: VectorIndex) -> None:
    assert approximate.built.recall >= 0.995
    shares = []
    for seed in range(100, 200):
        found = approximate.search(question(seed), k=10, selection=EVERYTHING).ids
        wanted = _TWIN.search(question(seed), k=10, selection=EVERYTHING).ids
        shares.append(len(np.intersect1d(found, wanted)) / 10)
    assert np.mean(shares) >= 0.99


def test_more_recall_takes_more_comparisons() -> None:
    depths = [faiss.build(MANY_IDS, MANY_VECTORS, plan=Plan(recall=wanted)).built for wanted in (0.5, 0.999)]
    assert depths[0].depth < depths[1].depth
    assert depths[0].recall < depths[1].recall


@LAW
@given(
    seed=st.integers(0, 1000),
    k=st.integers(1, 30),
    allowed=st.none()
    | st.integers(0, MANY).map(lambda count: MANY_IDS[np.random.default_rng(count).permutation(MANY)[:count]]),
    excluded=st.integers(0, MANY).map(lambda count: MANY_IDS[:count]),
)
def test_an_approximate_index_gives_exact_scores_of_as_many_selected_passages_as_there_are(
    approximate: VectorIndex, seed: int, k: int, allowed: Ids | None, excluded: Ids
) -> None:
    selection = Selection(None if allowed is None else np.sort(allowed), excluded)
    found = approximate.search(question(seed), k=k, selection=selection)
    selected = MANY_IDS[selection.mask(MANY_IDS)]
    assert len(found) == min(k, len(selected))
    assert selection.mask(found.ids).all()
    check_order(found)
    exact_scores = MANY_VECTORS[np.searchsorted(MANY_IDS, found.ids)].astype(np.float32) @ question(seed)
    np.testing.assert_allclose(found.scores, exact_scores, atol=1e-5)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5])
def test_a_filter_keeps_recall(approximate: VectorIndex, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    for few in (0, len(MANY_IDS)):
        monkeypatch.setattr(quantised_backend, "_FEW", few)
        allowed = np.sort(np.random.default_rng(7).permutation(MANY_IDS)[: int(share * MANY)])
        shares = []
        for seed in range(50):
            selection = Selection(allowed, allowed[::5])
            found = approximate.search(question(seed), k=10, selection=selection).ids
            wanted = _TWIN.search(question(seed), k=10, selection=selection).ids
            shares.append(len(np.intersect1d(found, wanted)) / max(1, len(wanted)))
        assert np.mean(shares) >= 0.99


def test_when_the_nearest_were_all_deleted_the_next_ones_are_found(approximate: VectorIndex) -> None:
    ranked = _TWIN.search(question(), k=MANY, selection=EVERYTHING).ids
    found = approximate.search(question(), k=5, selection=Selection(excluded=np.sort(ranked[:4000])))
    assert found.ids.tolist() == ranked[4000:4005].tolist()


def test_pseudo_questions_are_as_far_from_their_passages_as_questions_are_and_always_the_same() -> None:
    made = pseudo_questions(MANY_VECTORS)
    nearest = (made @ MANY_VECTORS.astype(np.float32).T).max(axis=1)
    assert np.quantile(nearest, 0.1) > 0.3
    assert np.quantile(nearest, 0.9) < 0.9
    np.testing.assert_array_equal(made, pseudo_questions(MANY_VECTORS))
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


@LAW
@given(rows=st.integers(1, 40), block=st.integers(1, 50), seed=st.integers(0, 99))
def test_the_exact_rows_that_recall_is_measured_by_are_the_nearest(rows: int, block: int, seed: int) -> None:
    vectors, questions = unit_rows(rows, DIM, seed=seed).astype(np.float16), unit_rows(3, DIM, seed=seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall_of, "_BLOCK", block)
        found = recall_of.nearest(questions, vectors)
    expected = np.argsort(-(questions @ vectors.astype(np.float32).T), axis=1)[:, :10]
    assert [set(row) for row in found.tolist()] == [set(row) for row in expected.tolist()]
    assert recall_of.recall(list(found), expected) == 1
    assert recall_of.recall([row[:0] for row in found], expected) == 0
