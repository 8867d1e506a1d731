"""Measures of knowing what the articles do not answer: AUROC and the risk-coverage curve."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRID = np.linspace(0.02, 1.0, 50)
"""Coverages at which a risk-coverage curve is drawn."""


def auroc(scores: Floats, answerable: NDArray[np.bool_]) -> float:
    """Probability that an answerable question scores above an unanswerable one, ties counting half.

    The Mann-Whitney statistic (Hanley and McNeil, 1982). NaN unless there are questions of both kinds.
    """
    positive, negative = int(answerable.sum()), int((~answerable).sum())
    if not positive or not negative:
        return float("nan")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[answerable].sum() - positive * (positive + 1) / 2) / (positive * negative))


def risk_coverage(scores: Floats, right: Floats) -> Floats:
    """Share of wrong answers among the surest questions, at each coverage of GRID (El-Yaniv and Wiener, 2010).

    An answer to an unanswerable question is wrong. Questions that are equally sure share one average risk.
    """
    order = np.argsort(-scores, kind="stable")
    _, place, count = np.unique(-scores[order], return_inverse=True, return_counts=True)
    wrong = np.bincount(place, weights=1 - right[order]) / count
    cumulated = np.cumsum(wrong[place])
    covered = np.arange(1, len(scores) + 1)
    risk: Floats = np.interp(GRID * len(scores), covered, cumulated / covered)
    return risk
