"""Processes are killed at random moments, and the next one finds everything that was acknowledged: the short run."""

from pathlib import Path

import pytest

from tests.resilience.kills import run

KILLS, SEED = 30, 2026


@pytest.mark.server
@pytest.mark.timeout(900)  # dozens of processes, on a machine that may be busy
def test_killed_processes_leave_all_that_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    figures = run(KILLS, seed=SEED, folder=tmp_path, served_share=0.06)
    assert figures.wrong == [], figures.said()
    assert figures.kills == KILLS
    assert figures.opened == figures.to_open
    # otherwise nothing was put to the test
    assert figures.acknowledged > KILLS
    assert set(figures.by) == {"serving", "opening", "at a moment", "in an operation"}
