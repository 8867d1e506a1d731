"""Rankings and selections: order, ties, merging and what may be ranked, against the plain definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexing.ranking import Ranking, Selection
from tests.indexing.samples import LAW, check_order, ids_array

PAIRS = st.dictionaries(st.integers(1, 40), st.integers(-3, 3).map(float), max_size=25)


def ranking(pairs: dict[int, float], *, k: int = 100) -> Ranking:
    ids = np.array(list(pairs), np.int64)
    return Ranking.best(ids, np.array(list(pairs.values()), np.float32), k=k)


def as_pairs(found: Ranking) -> list[tuple[int, float]]:
    return list(zip(found.ids.tolist(), found.scores.tolist(), strict=True))


@LAW
@given(pairs=PAIRS, k=st.integers(0, 30))
def test_the_best_are_those_with_the_highest_scores_and_equal_ones_in_order_of_id(
    pairs: dict[int, float], k: int
) -> None:
    found = ranking(pairs, k=k)
    assert as_pairs(found) == sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
    assert (found.ids.dtype.name, found.scores.dtype.name) == ("int64", "float32")
    check_order(found)


@LAW
@given(pairs=PAIRS, k=st.integers(0, 30), data=st.data())
def test_merging_the_best_of_disjoint_parts_gives_the_best_of_the_whole(
    pairs: dict[int, float], k: int, data: st.DataObject
) -> None:
    part_of = {number: data.draw(st.integers(0, 2)) for number in pairs}
    parts = [ranking({n: s for n, s in pairs.items() if part_of[n] == part}, k=k) for part in range(3)]
    assert as_pairs(Ranking.merged(parts, k=k)) == as_pairs(ranking(pairs, k=k))


def test_nothing_merged_is_an_empty_ranking() -> None:
    empty = Ranking.merged([], k=5)
    assert len(empty) == 0
    assert (empty.ids.dtype.name, empty.scores.dtype.name) == ("int64", "float32")
    assert len(Ranking.of([], [])) == 0


@LAW
@given(
    ids=st.lists(st.integers(1, 30), unique=True),
    allowed=st.none() | st.sets(st.integers(1, 30)),
    excluded=st.sets(st.integers(1, 30)),
)
def test_a_selection_lets_through_what_is_allowed_and_not_excluded(
    ids: list[int], allowed: set[int] | None, excluded: set[int]
) -> None:
    selection = Selection(None if allowed is None else ids_array(*allowed), ids_array(*excluded))
    mask = selection.mask(np.array(ids, np.int64))
    assert mask.tolist() == [(allowed is None or number in allowed) and number not in excluded for number in ids]
