"""Short drills with two real services behind nginx."""

from pathlib import Path

import pytest

from tests.postgres import Server
from tests.resilience.balanced import why_not
from tests.resilience.clients import Fate
from tests.resilience.replicas import CLIENTS, Shared, ends, kills

pytestmark = [
    pytest.mark.model,
    pytest.mark.server,
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
]


def test_a_killed_replica_costs_at_most_what_was_under_way_there(tmp_path: Path) -> None:
    outcome = kills(Shared.home(tmp_path), 1)
    assert outcome.problems == []
    assert outcome.account.fates[Fate.ANSWERED] > 20
    assert outcome.account.fates[Fate.LOST] <= CLIENTS
    assert outcome.account.stored


def test_two_machines_on_one_database_find_what_either_stored_also_when_one_is_killed(
    tmp_path: Path, postgres: Server
) -> None:
    shared = Shared((tmp_path / "one", tmp_path / "other"), {"BYLINE_LIBRARY": postgres.new_database()})
    outcome = kills(shared, 1)
    assert outcome.problems == []
    assert outcome.account.fates[Fate.ANSWERED] > 20
    assert outcome.account.fates[Fate.LOST] <= CLIENTS
    assert outcome.account.stored


def test_a_replica_that_is_told_to_end_costs_nothing(tmp_path: Path) -> None:
    outcome = ends(Shared.home(tmp_path), 1)
    assert outcome.problems == []
    assert outcome.account.fates[Fate.ANSWERED] > 20
    assert set(outcome.account.fates) <= {Fate.ANSWERED, Fate.REFUSED}
    assert outcome.account.stored
