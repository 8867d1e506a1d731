"""Wall time of the steps of one question."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what is done inside the block."""
        begun = time.perf_counter()
        yield
        self._steps[name] = 1000 * (time.perf_counter() - begun)

    def timings(self) -> dict[str, float]:
        """Milliseconds of each step and, as `total`, since the clock was made."""
        return {**self._steps, "total": 1000 * (time.perf_counter() - self._begun)}
