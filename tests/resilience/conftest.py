"""What the tests of resilience share: one recording of the scripted sequence."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.resilience.power import Recorded, recorded
from tests.resilience.recorder import built, environment, why_not


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder for states that are made up, which no real disk needs to sync."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is this run's own
    with tempfile.TemporaryDirectory(prefix="byline-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def recordable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the recorder works in, or the reason why it does not on this machine."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("recorded")
    if subprocess.run(["true"], env=environment(built(folder)), check=False).returncode:
        pytest.skip("processes may not have their own system calls handed to them here (seccomp)")
    return folder


@pytest.fixture(scope="session")
def recording(recordable: Path) -> Recorded:
    """The sequence, whole."""
    return recorded(recordable)
