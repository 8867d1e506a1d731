"""While an engine does not answer, one call at a time finds out whether it does again; the others fail at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from indexing.errors import MilvusUnavailable

PAUSE_SECONDS = 1.0
"""Between a call that got no answer and the next that is let through."""


class Probing:
    """What is known of whether one engine answers; for all threads."""

    def __init__(self, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        self._turn = threading.Lock()
        self._down: MilvusUnavailable | None = None
        self._again_at = 0.0

    def unanswered(self, error: MilvusUnavailable) -> MilvusUnavailable:
        """Notes that a call got no answer; gives back what is to be raised."""
        self._again_at = time.monotonic() + self._pause_seconds
        self._down = error
        return error

    def answered(self) -> None:
        """Notes that one did."""
        self._down = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A call. Raises MilvusUnavailable without making it, where it would only wait for what others wait for."""
        down = self._down
        if down is None:
            yield
            return
        if time.monotonic() < self._again_at or not self._turn.acquire(blocking=False):
            raise MilvusUnavailable(down.place, down.reason)
        try:
            yield
        finally:
            self._turn.release()
