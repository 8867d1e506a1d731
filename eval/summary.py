"""Sums up what was measured: every measure with its interval, over all questions and for each tag, and the curves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measure import Measured
from eval.metrics import intervals
from eval.metrics.abstention import GRID, Floats, auroc, risk_coverage
from eval.metrics.intervals import Estimate
from eval.metrics.names import AUROC, COVERED, METRICS
from eval.questions.values import Question

Estimates = Mapping[str, Estimate]
"""By measure."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line with its 95 % band."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of a table and what stands behind it."""

    system: str
    overall: Estimates
    by_tag: Mapping[str, Estimates]
    recall: Curve | None
    risk: Curve | None


def summarised(measured: Measured, questions: Sequence[Question]) -> Summary:
    """A summary over these questions."""
    tags = sorted({tag for question in questions for tag in question.tags})
    return Summary(
        system=measured.system,
        overall=_estimates(measured, questions),
        by_tag={tag: _estimates(measured, [one for one in questions if tag in one.tags]) for tag in tags},
        recall=_recall_curve(measured),
        risk=_risk_curve(measured, questions),
    )


def _estimates(measured: Measured, questions: Sequence[Question]) -> Estimates:
    found = {}
    for metric in METRICS:
        if metric.name in {AUROC, COVERED}:
            continue
        values = measured.values.get(metric.name, {})
        chosen = [values[question.id] for question in questions if question.id in values]
        if chosen:
            found[metric.name] = intervals.of_mean(np.array(chosen))
    return {**found, **_over_all(measured, questions)}


def _over_all(measured: Measured, questions: Sequence[Question]) -> Estimates:
    """What is a measure of a whole set, where there are answers to answerable and unanswerable questions."""
    answerable = np.array([question.answerable for question in questions], bool)
    if not measured.answers or answerable.all() or not answerable.any():
        return {}
    sure = _sureness(measured, questions)
    scores, right = _decisions(measured, questions)
    statistics: dict[str, tuple[Callable[[NDArray[np.intp]], Floats], int]] = {
        AUROC: (lambda chosen: np.array([auroc(sure[chosen], answerable[chosen])]), len(sure)),
        COVERED: (lambda chosen: np.array([1 - risk_coverage(scores[chosen], right[chosen]).mean()]), len(scores)),
    }
    found = {}
    for name, (statistic, count) in statistics.items():
        value, low, high = intervals.of_statistic(statistic, questions=count)
        found[name] = Estimate(float(value[0]), float(low[0]), float(high[0]), count)
    return found


def _sureness(measured: Measured, questions: Sequence[Question]) -> Floats:
    """How sure the system was of each question; one of which it says nothing is one it is least sure of."""
    responses = [measured.responses.get(question.id) for question in questions]
    told = [None if response is None else response.answerable for response in responses]
    return np.array([-np.inf if one is None else one for one in told])


def _decisions(measured: Measured, questions: Sequence[Question]) -> tuple[Floats, Floats]:
    """How sure the system was, and whether its answer was right, where that can be told: an answerable question whose
    accepted answers nobody wrote down is left out."""
    told = [question for question in questions if question.answers or not question.answerable]
    right = measured.values.get("contained if forced", {})
    return _sureness(measured, told), np.array([right.get(question.id, 0.0) for question in told])


def _recall_curve(measured: Measured) -> Curve | None:
    if not measured.recall_curve:
        return None
    columns = np.array(list(measured.recall_curve.values())).T
    return _curve(range(1, len(columns) + 1), [intervals.of_mean(column) for column in columns])


def _risk_curve(measured: Measured, questions: Sequence[Question]) -> Curve | None:
    if not measured.answers:
        return None
    scores, right = _decisions(measured, questions)
    if not len(scores) or (scores == scores[0]).all():
        return None
    value, low, high = intervals.of_statistic(
        lambda chosen: risk_coverage(scores[chosen], right[chosen]), questions=len(scores)
    )
    return Curve(tuple(GRID.tolist()), tuple(value.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _curve(x: Sequence[float] | range, estimates: Sequence[Estimate]) -> Curve:
    return Curve(
        tuple(float(one) for one in x),
        tuple(one.value for one in estimates),
        tuple(one.low for one in estimates),
        tuple(one.high for one in estimates),
    )
