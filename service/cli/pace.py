"""How fast articles go in, and how long the rest will take."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_STRETCH = 30.0
"""Seconds that a rate is of: long enough for many commits, short enough to follow what the machine does."""
_APART = 0.5
"""Seconds between two marks, so that they stay few."""


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    read: int
    passages: int


class Pace:
    """Rates over the last stretch. `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks = deque([_Mark(clock(), 0, 0)])
        self._last = self._marks[0]

    def note(self, *, read: int, passages: int) -> None:
        """So many bytes were read and passages stored by now, from the start."""
        self._last = _Mark(self._clock(), read, passages)
        if self._last.at - self._marks[-1].at >= _APART:
            self._marks.append(self._last)
        while len(self._marks) > 1 and self._last.at - self._marks[1].at >= _STRETCH:
            self._marks.popleft()

    @property
    def passages_per_second(self) -> float | None:
        """None before there is anything to tell."""
        seconds = self._last.at - self._marks[0].at
        return (self._last.passages - self._marks[0].passages) / seconds if seconds > 0 else None

    def seconds_left(self, total: int | None) -> float | None:
        """Until so many bytes are read; None if that is not known."""
        read = self._last.read - self._marks[0].read
        if total is None or read <= 0:
            return None
        return max(total - self._last.read, 0) / read * (self._last.at - self._marks[0].at)
