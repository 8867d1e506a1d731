"""The power goes while the scripted sequence runs, on disks that keep little: the short run."""

from pathlib import Path
from random import Random

import pytest

from tests.resilience.disk import Model, Named, Synced, Written, put_on_disk, state
from tests.resilience.power import Recorded, explore, wrong_after
from tests.resilience.scripted import STEPS

STATES, SEED = 80, 2026


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
        if not path.name.endswith("-shm")
    }


def test_the_record_is_complete_as_what_is_rebuilt_of_it_is_the_folder_byte_for_byte(
    recording: Recorded, recordable: Path, in_memory: Path
) -> None:
    everything = state(recording.record, until=recording.changes, model=Model.STRICT, random=None)
    put_on_disk(everything, in_memory)
    assert contents(in_memory) == contents(recordable / "base")
    assert len(contents(in_memory)) > 20


def test_the_record_has_every_kind_of_change_that_the_models_tell_apart(recording: Recorded) -> None:
    assert {type(change) for change in recording.record.changes} >= {Written, Named, Synced}
    assert any(isinstance(each, Named) and len(each.entries) == 2 for each in recording.record.changes)


def test_a_disk_that_drops_what_was_not_synced_keeps_all_that_was_acknowledged(
    recording: Recorded, in_memory: Path
) -> None:
    figures = explore(recording, in_memory, states=STATES, seed=SEED)
    assert figures.wrong == []
    assert figures.states.total() == STATES


@pytest.mark.parametrize("model", list(Model))
def test_at_each_acknowledgement_the_poorest_disk_has_it(recording: Recorded, in_memory: Path, model: Model) -> None:
    for number, moment in enumerate(recording.moments[::3]):
        until = moment.acknowledged
        wrong = wrong_after(recording, in_memory / str(number), until=until, model=model, random=Poorest())
        assert wrong == [], f"after change {until}"


@pytest.mark.parametrize("newest", [False, True], ids=["killed", "newest-only"])
def test_the_steps_that_make_a_generation_the_current_one_leave_the_former_or_the_new_one(
    recording: Recorded, in_memory: Path, *, newest: bool
) -> None:
    named = [
        change.number
        for change in recording.record.changes
        if isinstance(change, Named)
        and change.entries[-1][1].startswith("generation-")
        and change.entries[-1][2] is not None
    ]
    assert len(named) == sum(step in {"flush", "merge", "publish"} for step in STEPS)
    for number in named[-2:]:
        # its name, the pointer and the syncs of both, in whichever order they come
        for until in range(number - 4, number + 8):
            random = Newest() if newest else None
            wrong = wrong_after(recording, in_memory / f"state-{until}", until=until, model=Model.STRICT, random=random)
            assert wrong == [], f"change {until}, the generation's name is {number}"


class Poorest(Random):
    """Chance that keeps nothing that it may drop."""

    def random(self) -> float:
        return 0.99

    def randint(self, a: int, b: int) -> int:  # noqa: ARG002 - a journal ends with the last sync
        return a

    def choice(self, seq: object) -> float:  # type: ignore[override]  # noqa: ARG002 - of shares that are kept
        return 0.5


class Newest(Poorest):
    """Chance that keeps what came last and was not synced, and nothing else of the kind."""

    def __init__(self) -> None:
        super().__init__(0)
        self._first = True

    def random(self) -> float:
        first, self._first = self._first, False
        return 0.0 if first else 0.99
