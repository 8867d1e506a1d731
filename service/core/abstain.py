"""Estimating whether the articles answer a question at all."""

import math

# Logistic regression of "answerable" on the cosine of the nearest passage, both classes weighing the same, over the
# development half of the question set. It tells what is off the articles' subject well and near misses hardly
# (AUROC .64 on that half); the estimate is a first one.
INTERCEPT = -1.55
SLOPE = 3.48


def answerable(cosine: float) -> float:
    """Probability that the articles answer, from the cosine of the passage nearest to the question."""
    return 1 / (1 + math.exp(-(INTERCEPT + SLOPE * cosine)))
