"""Wall time of the steps of one question."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Wall time by step."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._steps[name] = 1000 * (time.perf_counter() - begun)

    def timings(self) -> dict[str, float]:
        return {**self._steps, "total": 1000 * (time.perf_counter() - self._begun)}
