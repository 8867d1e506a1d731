"""Sums up what was measured: every measure with its interval, over all questions and for each tag, and the curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measure import Measured
from eval.metrics import intervals
from eval.metrics.abstention import GRID, Floats, auroc, risk_coverage
from eval.metrics.intervals import Estimate
from eval.metrics.names import METRICS, OVER_ALL
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
        if metric.name in OVER_ALL:
            continue
        values = measured.values.get(metric.name, {})
        chosen = [values[question.id] for question in questions if question.id in values]
        if chosen:
            found[metric.name] = intervals.of_mean(np.array(chosen))
    return {**found, **_over_all(measured, questions)}


def _over_all(measured: Measured, questions: Sequence[Question]) -> Estimates:
    """AUROC and AURC, where there are sure and unsure answers to answerable and unanswerable questions."""
    scores, answerable, right = _decisions(measured, questions)
    if not len(scores) or answerable.all() or not answerable.any():
        return {}

    def statistic(chosen: NDArray[np.intp]) -> Floats:
        area = 1 - risk_coverage(scores[chosen], right[chosen]).mean()
        return np.array([auroc(scores[chosen], answerable[chosen]), area])

    value, low, high = intervals.of_statistic(statistic, questions=len(scores))
    return {
        name: Estimate(float(value[at]), float(low[at]), float(high[at]), len(scores))
        for at, name in enumerate(OVER_ALL)
    }


def _decisions(measured: Measured, questions: Sequence[Question]) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """How sure the system was of each question, whether the articles answer it, and whether its answer was right."""
    told = [
        (response.answerable, question.answerable, measured.values["contained if forced"].get(question.id, 0.0))
        for question in questions
        if (response := measured.responses.get(question.id)) is not None and response.answerable is not None
        if question.answers or not question.answerable
    ]
    scores, answerable, right = zip(*told, strict=True) if told else ((), (), ())
    return np.array(scores, float), np.array(answerable, bool), np.array(right, float)


def _recall_curve(measured: Measured) -> Curve | None:
    if not measured.recall_curve:
        return None
    columns = np.array(list(measured.recall_curve.values())).T
    return _curve(range(1, len(columns) + 1), [intervals.of_mean(column) for column in columns])


def _risk_curve(measured: Measured, questions: Sequence[Question]) -> Curve | None:
    scores, _, right = _decisions(measured, questions)
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
