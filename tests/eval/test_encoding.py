"""The encoder's benchmark: rounds alternate, ratios are of one round, and every way encodes what it says."""

import numpy as np
import pytest

from eval.cost.encoding import LIMIT, OURS, REFERENCE, Rate, Way, rates, report, ways_of
from service.settings import load_settings


def test_every_round_has_each_way_once_and_the_first_is_not_counted() -> None:
    told: list[str] = []
    ways = {
        "one": Way(lambda: told.append("one"), told.append),
        "two": Way(lambda: told.append("two")),
    }
    found = rates(ways, passages=8, questions=["why?", "who?"], runs=2)
    assert told == ["one", "why?", "who?", "two"] * 3
    assert [len(some) for some in found.values()] == [2, 2]
    assert all(rate.passages > 0 for some in found.values() for rate in some)
    assert all(rate.question_ms is not None for rate in found["one"])
    assert all(rate.question_ms is None for rate in found["two"])


def test_ratios_are_of_the_same_round() -> None:
    found = {
        REFERENCE: [Rate(10, 8.0), Rate(20, 8.0), Rate(30, 8.0)],
        OURS: [Rate(40, 2.0), Rate(40, 3.0), Rate(60, 1.0)],
        LIMIT: [Rate(80, None), Rate(100, None), Rate(100, None)],
    }
    lines = list(report(found))
    assert f"| {OURS} | 40.0 | 2.00 |" in lines
    assert f"| {LIMIT} | 100.0 | – |" in lines
    assert f"{OURS}, to {REFERENCE}: 2.00 (2.00 to 4.00)" in lines
    assert f"{OURS}, to {LIMIT}: 0.50 (0.40 to 0.60)" in lines


@pytest.mark.model
def test_each_way_runs_the_model() -> None:
    texts = ["The harbour reopened on Tuesday after engineers had checked every crane."] * 32
    ways = ways_of(load_settings(), texts)
    found = rates(ways, passages=len(texts), questions=["Why?"], runs=1)
    assert all(np.isfinite(rate.passages) for some in found.values() for rate in some)
    assert [some[0].question_ms is None for some in found.values()] == [False, False, True, False, True]
