"""Interrupts that wait for the end of a step."""

import os
import signal
from collections.abc import Callable

import pytest

from service.cli.interrupts import interrupt_postponed


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def _raising() -> object:
    """Interrupts raise, as in a terminal; a test run in the background is told to ignore them."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def postponed(*steps: Callable[[], object]) -> None:
    with interrupt_postponed():
        for step in steps:
            step()


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        postponed(interrupt, lambda: told.append("stored"))
    assert told == ["stored"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        postponed(interrupt, interrupt, lambda: told.append("stored"))
    assert told == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_block_is_not_hidden_by_an_interrupt() -> None:
    with pytest.raises(ZeroDivisionError):
        postponed(interrupt, lambda: 1 // 0)


def test_where_interrupts_are_ignored_they_stay_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    steps = []
    with interrupt_postponed():
        interrupt()
        interrupt()
        steps.append("done")
    assert steps == ["done"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
