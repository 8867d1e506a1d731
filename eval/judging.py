"""The two kinds of questions there are: with evidence marked as spans, and with whole documents judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpus.library.reading import Library
from eval.errors import BadQuestions
from eval.evaluation import Entry, Evaluation, evaluate_documents, evaluate_spans
from eval.exchange.beir import Beir, read_beir
from eval.metrics.relevance import Qrels, passage_qrels
from eval.questions import shipped_questions
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from eval.questions.split import Split, in_split
from eval.questions.values import Judged, Question

About = tuple[tuple[str, str], ...]


class Judging(Protocol):
    """Questions and what is known of their answers."""

    @property
    def title(self) -> str:
        """Of the report."""
        ...

    @property
    def about(self) -> About:
        """What is asked, for the report."""
        ...

    @property
    def questions(self) -> Sequence[Question]:
        """As they are asked."""
        ...

    def evaluate(self, entries: Sequence[Entry], *, k: int, on_question: Callable[[], None]) -> Evaluation:
        """Every system over all questions."""
        ...

    def qrels(self, evaluation: Evaluation) -> Qrels:
        """Judgements that fit the first system's run."""
        ...


@dataclass(frozen=True, slots=True)
class SpanJudging:
    """Questions of a file with evidence spans."""

    title: str
    about: About
    judged: tuple[Judged, ...]
    library: Library

    @property
    def questions(self) -> list[Question]:
        """As they are asked."""
        return [item.question for item in self.judged]

    def evaluate(self, entries: Sequence[Entry], *, k: int, on_question: Callable[[], None]) -> Evaluation:
        """Retrieval, answers and abstention."""
        return evaluate_spans(entries, self.judged, k=k, on_question=on_question)

    def qrels(self, evaluation: Evaluation) -> Qrels:
        """Of passages."""
        responses = evaluation.measured[0].responses
        more = {question: response.passages for question, response in responses.items()}
        return passage_qrels(self.judged, self.library, more=more)


@dataclass(frozen=True, slots=True)
class DocumentJudging:
    """Queries of a BEIR folder."""

    title: str
    about: About
    beir: Beir

    @property
    def questions(self) -> tuple[Question, ...]:
        """As they are asked."""
        return self.beir.queries

    def evaluate(self, entries: Sequence[Entry], *, k: int, on_question: Callable[[], None]) -> Evaluation:
        """Retrieval of documents."""
        return evaluate_documents(entries, self.beir.queries, self.beir.qrels, k=k, on_question=on_question)

    def qrels(self, evaluation: Evaluation) -> Qrels:  # noqa: ARG002 - they do not depend on what was returned
        """Of documents, as the folder has them."""
        return self.beir.qrels


def of_spans(file: Path | None, library: Library, *, split: str) -> SpanJudging:
    """The questions of a file, the shipped one without a name. Raises BadQuestions."""
    source = file if file is not None else shipped_questions()
    if split not in set(Split):
        raise BadQuestions(f"the split {split} is none of {', '.join(Split)}", source=source)
    chosen = in_split(read_questions(source), Split(split))
    if not chosen:
        raise BadQuestions(f"no question is in the split {split}", source=source)
    answerable = sum(question.answerable for question in chosen)
    about = (
        ("questions", f"{len(chosen)} of {source.name}, split {split}"),
        ("answerable", f"{answerable}, not answerable {len(chosen) - answerable}"),
    )
    name = "the shipped question set" if file is None else source.name
    return SpanJudging(f"Byline on {name}", about, judge(chosen, library, source=source), library)


def of_documents(folder: Path, *, split: str) -> DocumentJudging:
    """The queries of a BEIR folder that the split judges. Raises BadExchange."""
    beir = read_beir(folder, split=split)
    about = (("queries", f"{len(beir.queries)}, split {split}"),)
    return DocumentJudging(f"Byline on {folder.resolve().name}", about, beir)
