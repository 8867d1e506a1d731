"""The highest rate that a service keeps up with: doubled until it does not, then closed in on."""

from collections.abc import Callable
from dataclasses import dataclass

from eval.bench.offering import Offered

P99_MS = 50.0
"""What 99 of 100 answers may take at most."""
_FIRST, _MOST = 10.0, 20_000.0
_TRIES = 2
_STEPS = 3
"""Halvings, on a scale of ratios, between the last good rate and the first bad one: to within a tenth."""


@dataclass(frozen=True, slots=True)
class Found:
    """All rates that were tried, in order."""

    tried: tuple[Offered, ...]

    @property
    def highest(self) -> float:
        """Answers a second at the highest rate that was kept up; 0 if none was."""
        return max((one.achieved for one in self.tried if kept_up(one)), default=0.0)


def kept_up(offered: Offered) -> bool:
    """Whether all was answered, and in time: a queue that grows shows in what the last ones wait."""
    return offered.errors == 0 and offered.p99_ms <= P99_MS


def highest_rate(offer_at: Callable[[float], Offered], *, steps: int = _STEPS) -> Found:
    """Tries some twenty rates at most, again if one was not kept up: something else may have been in the way.

    A rate below the first is not looked for: 10 a second is one answer in 100 ms.
    """
    tried = list[Offered]()

    def good(rate: float) -> bool:
        for _ in range(_TRIES):
            tried.append(offer_at(rate))
            if kept_up(tried[-1]):
                return True
        return False

    low, high = 0.0, _FIRST
    while high <= _MOST and good(high):
        low, high = high, 2 * high
    for _ in range(steps if low else 0):
        between = float((low * high) ** 0.5)
        if good(between):
            low = between
        else:
            high = between
    return Found(tuple(tried))
