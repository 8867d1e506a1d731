"""Whatever is damaged in a home, an answer is the one it always was, or an error says what is damaged."""

from collections.abc import Iterator
from pathlib import Path

import faiss
import pytest

from tests.resilience.corruption import run
from tests.resilience.observed import make_home

COUNT = 60


@pytest.fixture
def on_one_thread() -> Iterator[None]:
    """Searches here are so small that to wake a second thread takes longer."""
    former = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(former)


@pytest.mark.usefixtures("on_one_thread")
def test_a_damaged_copy_answers_as_before_or_names_what_is_damaged(tmp_path: Path) -> None:
    tally = run(make_home(tmp_path / "home"), count=COUNT, seed=3)
    assert tally.silent == []
    assert sum(tally.outcomes.values()) == COUNT
    told = {outcome for _, outcome in tally.outcomes}
    assert {"detected", "harmless"} <= told
    assert tally.rebuilt > 0
