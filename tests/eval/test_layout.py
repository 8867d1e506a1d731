"""The sweep over layouts: it finds the highest rate, and a service that does not start is an error."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cost.layout import Found, Layout, highest, in_time, lines
from eval.cost.load import Measured
from eval.cost.served import served
from eval.errors import EvalError


@given(st.floats(min_value=20, max_value=5000))
def test_the_highest_rate_is_found_to_within_an_eighth_and_never_above(limit: float) -> None:
    found = highest(lambda rate: rate <= limit)
    assert limit / 1.125 <= found <= limit


def test_where_not_even_the_lowest_rate_is_held_it_is_none() -> None:
    assert highest(lambda _: False) == 0


def test_one_bad_try_does_not_count() -> None:
    tries: dict[float, int] = {}

    def held(rate: float) -> bool:
        tries[rate] = tries.get(rate, 0) + 1
        return rate <= 300 and tries[rate] == 2

    assert highest(held) > 266


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (Measured(10, 1, [49.0] * 99 + [80.0], refusals_ms=[], failed=0), True),
        (Measured(10, 1, [49.0] * 98 + [80.0] * 2, refusals_ms=[], failed=0), False),
        (Measured(10, 1, [49.0] * 999, refusals_ms=[1.0], failed=0), False),
        (Measured(10, 1, [49.0] * 999, refusals_ms=[], failed=1), False),
        (Measured(10, 1, [], refusals_ms=[], failed=0), False),
    ],
)
def test_in_time_is_nearly_all_within_50_ms_and_none_refused(measured: Measured, *, expected: bool) -> None:
    assert in_time(measured) is expected


def test_the_table_shows_medians_and_spread() -> None:
    one = Found(rates={"search": [100.0, 300.0, 200.0], "ask": [50.0]}, memory_mb=[210.4])
    one.cost_ms.update(search=[6.04], ask=[7.0])
    *_, row = lines({Layout(2, 1, cache_mb=16): one})
    assert row == "| 2 | 1 | 16 | 200 (100 to 300) | 50 | 6.0 | 7.0 | 210 |"


@pytest.mark.server
def test_a_service_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(EvalError, match="did not start"), served(tmp_path, workers=1, settings={}):
        pass
