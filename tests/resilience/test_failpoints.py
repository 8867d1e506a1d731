"""The scripted sequence is killed, and its disk fails, at some of its changes; `make crash` does so at all of them."""

from pathlib import Path

import pytest

from tests.resilience.failpoints import WAYS, apart


@pytest.mark.usefixtures("recordable")
def test_a_kill_and_a_failing_disk_at_any_change_lose_nothing_and_raise_our_own_errors(
    in_memory: Path,
) -> None:
    figures = apart(every=300, offset=170, folder=in_memory)
    assert figures.wrong == []
    assert set(figures.tried) == set(WAYS)
    assert min(figures.tried.values()) >= 3
    assert figures.raised, "no error was met"
