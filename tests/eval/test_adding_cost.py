"""The figures of `byline add`: the same small articles at every call, and growth told for each article more."""

import sys

import numpy as np
import pytest

from eval.cost.adding import Taken, measure, peak_bytes, report, small_articles


def test_small_articles_are_as_many_as_asked_for_and_the_same_at_every_call() -> None:
    made = list(small_articles(25))
    assert made == list(small_articles(25))
    assert len({record["id"] for record in made}) == 25
    assert all(record["text"] for record in made)


def test_the_report_tells_rate_and_growth() -> None:
    some, many = Taken(100, 0.1, 2.0, 300.0), Taken(1000, 1.0, 10.0, 309.0)
    told = report(some, many)
    assert "| 100 | 0.1 | 2.0 | 50 | 300 |" in told
    assert "peak memory grew 1.03 times, 10.00 KB for each article more" in told


def test_the_memory_of_a_command_is_its_own_and_not_that_of_who_started_it() -> None:
    held = np.ones(300_000_000, dtype=np.uint8)
    assert peak_bytes([sys.executable, "-c", "pass"]) < held.nbytes / 3
    assert peak_bytes([sys.executable, "-c", "held = b'x' * 150_000_000"]) > 150_000_000
    with pytest.raises(RuntimeError, match="ended with status 3"):
        peak_bytes([sys.executable, "-c", "raise SystemExit(3)"])


@pytest.mark.model
def test_a_run_is_measured_in_a_process_of_its_own() -> None:
    taken = measure(3)
    assert taken.articles == 3
    assert 50 < taken.peak_mb < 2000
