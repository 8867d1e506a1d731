"""Wall time of the steps of one question."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, and when, in nanoseconds since 1970."""

    name: str
    begun_ns: int
    ended_ns: int

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.begun_ns) / 1e6


class Clock:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter_ns()
        # looked at once, so that a clock that is set meanwhile makes no step longer or shorter
        self._since_1970 = time.time_ns() - self._begun
        self._steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what is done inside the block."""
        begun = time.perf_counter_ns()
        yield
        self._steps.append(self._ended(name, begun))

    def steps(self) -> tuple[Step, ...]:
        """The steps in the order they ended, and as the last one `total`, since the clock was made."""
        return (*self._steps, self._ended("total", self._begun))

    def _ended(self, name: str, begun: int) -> Step:
        return Step(name, self._since_1970 + begun, self._since_1970 + time.perf_counter_ns())


def timings_ms(steps: tuple[Step, ...]) -> dict[str, float]:
    """Milliseconds of each step by its name."""
    return {step.name: step.milliseconds for step in steps}
