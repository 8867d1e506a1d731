"""What all tests share."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import Places, Server, programs, running

# Haystack tells its makers of each pipeline that runs, unless this is set when it is imported
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"


# how long an example takes says something about what else the machine is doing
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell has what it starts in the background ignore interrupts, and what tests start would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL, for all tests of one process."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: Debian's package is `postgresql`")
    with running(binaries) as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest) -> Places:
    """Where the libraries of a test are kept: SQLite's files, and then a server's databases."""
    return Places(request.getfixturevalue("postgres") if request.param == "postgres" else None)
