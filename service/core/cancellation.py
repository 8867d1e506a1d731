"""Ending a question early whose reply nobody waits for any more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Hook = Callable[[], None]


class Cancelled(Exception):
    """Nobody waits for the reply."""


class Cancellation:
    """One question's; asked for by one thread, heeded by the thread that answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._hooks = list[Hook]()

    def cancel(self) -> None:
        """From now on `check` raises, and what waits is woken."""
        with self._lock:
            self._cancelled = True
            hooks = tuple(self._hooks)
        for hook in hooks:
            hook()

    def check(self) -> None:
        """Raises Cancelled if the reply is not wanted any more."""
        if self._cancelled:
            raise Cancelled

    @contextmanager
    def waking(self, hook: Hook) -> Iterator[None]:
        """Has `hook` called, by whichever thread cancels, if that happens inside the block. Raises Cancelled if it did.

        The hook ends what the block waits for, whose error is then replaced by Cancelled.
        """
        with self._lock:
            self.check()
            self._hooks.append(hook)
        try:
            yield
        except Exception:
            self.check()
            raise
        finally:
            with self._lock:
                self._hooks.remove(hook)
        self.check()


class _Never(Cancellation):
    """Shared by all whose reply is waited for to the end."""

    def cancel(self) -> None:
        """It has no one to serve."""
        raise TypeError("a question that cannot be cancelled")

    @contextmanager
    def waking(self, hook: Hook) -> Iterator[None]:  # noqa: ARG002 - as its base has it
        """The block as it is."""
        yield


NEVER: Cancellation = _Never()
