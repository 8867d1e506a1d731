"""One evaluation: systems run over questions, summed up, and compared with the first of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus.library.reading import Library
from eval.measure import Measured, measured, measured_documents, run
from eval.metrics.paired import Comparison, compare
from eval.metrics.relevance import Qrels
from eval.questions.values import Judged, Question
from eval.summary import Summary, summarised
from eval.systems.protocol import System

PRIMARY = ("nDCG@10", "span recall", "right")
"""Measures on which every row is tested against the first."""
PRIMARY_OF_DOCUMENTS = ("article nDCG@10",)
"""The same where only whole documents are judged."""
SIGNIFICANT = 0.05
"""Below this p a difference is marked. Not corrected for the number of tests in a table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A system and the library it searches."""

    system: System
    library: Library


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every system over the same questions, the system that is evaluated first."""

    judged: tuple[Judged, ...]
    measured: tuple[Measured, ...]
    summaries: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]
    """Of every other system with the first."""


def evaluate_spans(
    entries: Sequence[Entry], judged: Sequence[Judged], *, k: int, on_question: Callable[[], None] = lambda: None
) -> Evaluation:
    """Over questions whose evidence is marked as spans."""
    questions = [item.question for item in judged]
    found = [
        measured(
            entry.system,
            run(entry.system, questions, k=k, on_question=on_question),
            judged,
            library=entry.library,
        )
        for entry in entries
    ]
    return _evaluation(judged, found)


def evaluate_documents(
    entries: Sequence[Entry],
    questions: Sequence[Question],
    qrels: Qrels,
    *,
    k: int,
    on_question: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Over questions whose judgements name whole documents."""
    found = [
        measured_documents(entry.system, run(entry.system, questions, k=k, on_question=on_question), qrels)
        for entry in entries
    ]
    return _evaluation([Judged(question, ()) for question in questions], found)


def comparison(first: Measured, second: Measured, *, metric: str) -> Comparison:
    """The paired test of two systems on one measure."""
    return compare(
        first.values.get(metric, {}), second.values.get(metric, {}), metric=metric, names=(first.system, second.system)
    )


def shared_metrics(first: Measured, second: Measured, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted measures that both systems have."""
    return [name for name in wanted if first.values.get(name) and second.values.get(name)]


def _evaluation(judged: Sequence[Judged], found: Sequence[Measured]) -> Evaluation:
    questions = [item.question for item in judged]
    first = found[0]
    tested = PRIMARY if first.values.get(PRIMARY[0]) else PRIMARY_OF_DOCUMENTS
    return Evaluation(
        tuple(judged),
        tuple(found),
        tuple(summarised(one, questions) for one in found),
        tuple(
            comparison(first, other, metric=metric)
            for other in found[1:]
            for metric in shared_metrics(first, other, tested)
        ),
    )
