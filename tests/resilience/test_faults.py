"""The tests of the tests: every seeded fault still fits the tree, and some are found here; `make faults` seeks all."""

import pytest

from tests.resilience.faults import copy_of_the_tree, found_by
from tests.resilience.seeded import FAULTS, Fault
from tests.resilience.workers import ROOT

QUICK = ("a key is compared by its beginning", "a vector index that found no room is published")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_edit_fits_its_file_exactly_once_and_its_tests_are_there(fault: Fault) -> None:
    fault.check(ROOT)
    assert [test for test in fault.tests if not (ROOT / test.partition("::")[0]).is_file()] == []


def test_there_are_many_faults_and_each_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20


@pytest.mark.timeout(900)  # three runs of pytest, on a machine that may be busy
def test_faults_are_found_and_the_sound_tree_is_not_taken_for_one() -> None:
    faults = sorted((fault for fault in FAULTS if fault.name in QUICK), key=lambda fault: fault.name)
    assert len(faults) == len(QUICK)
    with copy_of_the_tree() as tree:
        for fault in faults:
            assert found_by(fault, tree) is not None, fault.name
        harmless = Fault("nothing", "service/keys/key.py", "import hmac\n", "import hmac\n", faults[1].tests[:1])
        assert found_by(harmless, tree) is None


def test_an_edit_that_fits_twice_or_nowhere_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 times"):
        Fault("twice", "f", "a", "b", ()).applied("a a")
    with pytest.raises(ValueError, match="0 times"):
        Fault("nowhere", "f", "a", "b", ()).applied("c")
