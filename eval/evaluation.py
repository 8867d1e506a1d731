"""One evaluation: systems run over questions, summed up, and compared with the first of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from corpus.library.reading import Library
from eval.measure import Measured, measured, measured_documents, run
from eval.metrics.paired import Comparison, compare
from eval.metrics.relevance import Qrels
from eval.questions.values import Judged, Question
from eval.summary import Summary, summarised
from eval.systems.protocol import System

PRIMARY = ("nDCG@10", "span recall", "right", "article nDCG@10")
"""Measures on which every row is tested against the first; article nDCG@10 only where there is nothing finer."""


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

    @property
    def questions(self) -> list[Question]:
        """As they were asked."""
        return [item.question for item in self.judged]


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


def shared_metrics(first: Measured, second: Measured, wanted: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Those of the wanted measures that at least one of two systems has."""
    return [name for name in wanted if first.values.get(name) or second.values.get(name)]


def _evaluation(judged: Sequence[Judged], found: Sequence[Measured]) -> Evaluation:
    questions = [item.question for item in judged]
    primary = shared_metrics(found[0], found[0], PRIMARY)
    tested = primary[:-1] if len(primary) > 1 else primary
    return Evaluation(
        tuple(judged),
        tuple(found),
        tuple(summarised(one, questions) for one in found),
        tuple(comparison(found[0], other, metric=metric) for other in found[1:] for metric in tested),
    )
