"""The benchmark of vector indexes: larger collections are made alike, and recall is against all vectors."""

from functools import partial

import numpy as np
import pytest

from eval.cost.vector_indexes import COSINE, candidates, enlarged, measured, report
from indexing.encoders.steps import unit
from indexing.vectors.choose import BACKENDS
from indexing.vectors.recall import nearest

DIM = 16
REAL = unit(np.random.default_rng(1).standard_normal((700, DIM)).astype(np.float32)).astype(np.float16)
QUESTIONS = unit(np.random.default_rng(2).standard_normal((5, DIM)).astype(np.float32))


@pytest.mark.parametrize("size", [10, 700, 1500])
def test_a_larger_collection_holds_the_real_vectors_first_and_then_others_near_them(size: int) -> None:
    made = enlarged(REAL, to=size)
    np.testing.assert_array_equal(made, enlarged(REAL, to=size))
    assert made.shape == (size, DIM)
    np.testing.assert_array_equal(made[:700], REAL[:size])
    if size > len(REAL):
        nearest_real = (made[700:].astype(np.float32) @ REAL.astype(np.float32).T).max(axis=1)
        assert float(nearest_real.min()) >= COSINE - 0.3
        np.testing.assert_allclose(np.linalg.norm(made[700:].astype(np.float32), axis=1), 1, atol=1e-2)


def test_every_index_is_built_asked_and_held_against_all_vectors() -> None:
    exact = nearest(QUESTIONS, REAL, k=100)
    figures = [measured(name, build, QUESTIONS, exact) for name, build in candidates(REAL, threads=1)]
    assert len({one.name for one in figures}) == len(figures) == 7 + len(BACKENDS)
    assert figures[0].name == "byline, exact"
    assert figures[0].recall_10 == figures[0].recall_100 == 1
    assert all(0.5 < one.recall_10 <= 1 for one in figures if "IVF" not in one.name)
    assert len(list(report(figures))) == 2 + len(figures)


def test_an_index_that_finds_half_has_half_the_recall() -> None:
    exact = nearest(QUESTIONS, REAL, k=100)
    rows = iter([*exact, *exact])
    figure = measured("half", partial(lambda: lambda _: next(rows)[:50]), QUESTIONS, exact)
    assert figure.recall_10 == 1
    assert figure.recall_100 == pytest.approx(0.5)
