"""Deciding whether the articles answer a question at all."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """What the decision rests on."""

    cosine: float
    """Of the passage nearest to the question."""
    coverage: float
    """Share of the question's terms, weighted by rarity, that the best passage has with its title."""
    sentence: float
    """How well the best sentence fits the question, 0 to 1."""


_INTERCEPT = -4.0
_COSINE = 4.0
_COVERAGE = 2.5
_SENTENCE = 2.0


def answerable(signs: Signs) -> float:
    """Estimated probability that the articles answer the question: a logistic model of the signs."""
    score = _INTERCEPT + _COSINE * signs.cosine + _COVERAGE * signs.coverage + _SENTENCE * signs.sentence
    return 1 / (1 + math.exp(-score))
