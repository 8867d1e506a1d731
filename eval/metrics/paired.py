"""The paired randomisation test between two systems (Smucker, Allan and Carterette, 2007)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 10_000
SEED = 21
_BLOCK = 500
"""Rounds drawn at once: bounds the memory for large question sets."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a second system differs from a first on one measure, over the questions of either."""

    metric: str
    first: str
    second: str
    difference: float
    """Mean of second - first."""
    p: float
    """Two-sided: how often swapping the two at random on each question gives a difference as large."""
    better: tuple[str, ...]
    """Questions on which the second is better, the most improved first."""
    worse: tuple[str, ...]


def compare(
    first: Mapping[str, float], second: Mapping[str, float], *, metric: str, names: tuple[str, str]
) -> Comparison:
    """Compares two systems' values by question; a question that one of them lacks counts as 0 there."""
    questions = sorted(first.keys() | second.keys())
    change = {question: second.get(question, 0.0) - first.get(question, 0.0) for question in questions}
    return Comparison(
        metric=metric,
        first=names[0],
        second=names[1],
        difference=sum(change.values()) / max(1, len(change)),
        p=_p(np.array(list(change.values()))),
        better=tuple(q for q in sorted(questions, key=lambda q: -change[q]) if change[q] > 0),
        worse=tuple(q for q in sorted(questions, key=lambda q: change[q]) if change[q] < 0),
    )


def _p(differences: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    told = differences[differences != 0]
    if not len(told):
        return 1.0
    random, observed, extreme = np.random.default_rng(SEED), abs(told.sum()), 0
    for _ in range(ROUNDS // _BLOCK):
        signs = random.integers(0, 2, (_BLOCK, len(told))) * 2 - 1
        # as large up to rounding: the identity must count itself
        extreme += int((np.abs(signs @ told) >= observed - 1e-9).sum())
    return (extreme + 1) / (ROUNDS + 1)
