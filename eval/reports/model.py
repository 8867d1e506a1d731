"""What every report shows, whatever its form."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.evaluation import Evaluation, comparison, shared_metrics
from eval.measure import Measured
from eval.metrics.names import METRICS
from eval.metrics.paired import Comparison
from eval.metrics.relevance import covers
from eval.questions.values import Judged

SHOWN = 3
"""Returned passages shown beside a failed question's evidence."""
_DEEP_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of an article."""

    article: str
    start: int
    end: int
    text: str
    relevant: bool
    """Whether it is evidence, or covers some."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that went wrong, what should have come and what came."""

    id: str
    question: str
    tags: tuple[str, ...]
    why: str
    accepted: tuple[str, ...]
    answer: str
    gold: tuple[Shown, ...]
    returned: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation, ready to be shown."""

    title: str
    about: tuple[tuple[str, str], ...]
    """What was evaluated under which settings, in pairs of name and value."""
    evaluation: Evaluation
    failures: tuple[Failure, ...]


def report_of(evaluation: Evaluation, *, title: str, about: Sequence[tuple[str, str]]) -> Report:
    """The report of an evaluation; the failures are the first system's."""
    first = evaluation.measured[0]
    told = (_failure(item, first) for item in evaluation.judged if first.recall_curve)
    return Report(title, tuple(about), evaluation, tuple(failure for failure in told if failure is not None))


def head_to_head(first: Measured, second: Measured) -> list[Comparison]:
    """Two systems on every measure of questions that one of them has."""
    names = shared_metrics(first, second, [metric.name for metric in METRICS])
    return [comparison(first, second, metric=name) for name in names]


def _failure(item: Judged, measured: Measured) -> Failure | None:
    why = _why(item, measured)
    if why is None:
        return None
    response = measured.responses[item.question.id]
    return Failure(
        id=item.question.id,
        question=item.question.text,
        tags=item.question.tags,
        why=why,
        accepted=item.question.answers,
        answer=response.answer if not response.abstains else "",
        gold=tuple(
            Shown(gold.article, gold.span.start, gold.span.end, gold.quote, relevant=True) for gold in item.gold
        ),
        returned=tuple(
            Shown(found.article, found.span.start, found.span.end, found.text, any(covers(found, g) for g in item.gold))
            for found in response.passages[:SHOWN]
            if found.span is not None
        ),
    )


def _why(item: Judged, measured: Measured) -> str | None:
    """What went wrong first; None if nothing did."""
    question = item.question.id
    abstained = measured.responses[question].abstains
    if not item.gold:
        return "answered, but the articles do not answer" if measured.answers and not abstained else None
    if measured.values["recall@10"].get(question, 0.0) == 0:
        return f"evidence not among the first {_DEEP_ENOUGH} passages"
    if not measured.answers or not item.question.answers:
        return None if measured.values["recall@10"][question] == 1 else "a part of the evidence is missing"
    if abstained:
        return "abstained, but the articles answer"
    return None if measured.values["contained"][question] else "the answer holds no accepted answer"
