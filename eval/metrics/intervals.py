"""95 % bootstrap intervals: percentiles over resampled sets of questions (Efron and Tibshirani, 1993)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eval.metrics.abstention import Floats

RESAMPLES = 1000
SEED = 20
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over a set of questions, and the interval that 95 % of resampled sets give."""

    value: float
    low: float
    high: float
    questions: int


def of_mean(values: Floats) -> Estimate:
    """The mean of one value a question."""
    means = values[_resamples(len(values))].mean(axis=1)
    low, high = np.percentile(means, _TAILS)
    return Estimate(float(values.mean()), float(low), float(high), len(values))


def of_statistic(statistic: Callable[[NDArray[np.intp]], Floats], *, questions: int) -> tuple[Floats, Floats, Floats]:
    """A statistic of chosen questions: its value over all of them, and the interval's ends, element by element.

    Resamples for which it is not defined (NaN) are left out.
    """
    drawn = np.array([statistic(chosen) for chosen in _resamples(questions)])
    low, high = np.nanpercentile(drawn, _TAILS, axis=0)
    return statistic(np.arange(questions)), low, high


@lru_cache(maxsize=64)
def _resamples(questions: int) -> NDArray[np.intp]:
    """Drawn once for each number of questions, so that systems are compared on the same resamples."""
    return np.random.default_rng(SEED).integers(0, questions, (RESAMPLES, questions), dtype=np.intp)
