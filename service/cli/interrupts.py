"""Ctrl-C where it must not come between two steps."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit status, as shells tell of a process that an interrupt ended."""


@contextmanager
def interrupt_postponed() -> Iterator[None]:
    """An interrupt inside the block raises KeyboardInterrupt at its end; a second one does so at once.

    Only for the main thread. Where interrupts do not raise KeyboardInterrupt, as in a shell's background job, which
    ignores them, nothing changes.
    """
    former = signal.getsignal(signal.SIGINT)
    if former is not signal.default_int_handler:
        yield
        return
    interrupted = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            raise KeyboardInterrupt
        interrupted = True

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
    if interrupted:
        raise KeyboardInterrupt
