"""The soak: what it asks is answered, its faults happen, and its drift is that of the memory."""

from pathlib import Path

import pytest

from corpus.articles import shipped_articles
from eval.collection import drafts_of, fill
from service.compose import opened
from service.settings import load_settings
from tests.resilience.clients import Account, Fate
from tests.resilience.soak import Soaked, soak


def test_drift_is_from_after_the_warming_up_to_the_end() -> None:
    memory = [*range(1_000, 3_000, 100), *[4_000] * 10, *[4_020] * 60, *[4_100] * 10]
    assert Soaked(Account(), 0, 1.0, memory).drift == pytest.approx(0.025)
    assert Soaked(Account(), 0, 1.0, [5_000] * 100).drift == 0


@pytest.mark.model
@pytest.mark.server
def test_a_short_soak_is_answered_whatever_else_is_sent(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with opened(load_settings(home=home)) as parts:
        fill(parts, drafts_of([shipped_articles()]))
    soaked = soak(home, ["Who fled?", "What did the thermal camera see?"], queries=500, seed=1)
    assert soaked.account.details == []
    assert soaked.account.fates == {Fate.ANSWERED: 500}
    assert soaked.faults
    assert len(soaked.memory_kb) == 100
    assert min(soaked.memory_kb) > 10_000
