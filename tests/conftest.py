"""What all tests share."""

import os
import signal
from collections.abc import Iterator

import pytest

# Haystack tells its makers of each pipeline that runs, unless this is set when it is imported
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell has what it starts in the background ignore interrupts, and what tests start would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
