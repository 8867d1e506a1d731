"""The two kinds of questions there are: with evidence marked as spans, and with whole documents judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpus.library.reading import Library
from eval.errors import BadExchange, BadQuestions, UnknownSplit
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
        returned = {question: response.passages for question, response in responses.items()}
        return passage_qrels(self.judged, self.library, returned=returned)


@dataclass(frozen=True, slots=True)
class DocumentJudging:
    """Queries of a BEIR folder."""

    title: str
    about: About
    beir: Beir

    def check(self, library: Library) -> None:
        """Raises BadExchange where the library has none of the documents: every figure would be zero."""
        with library.snapshot() as snapshot:
            if any(snapshot.has(document) for grades in self.beir.qrels.values() for document in grades):
                return
        reason = f"none of the documents that it judges is in {self.beir.corpus.name}"
        raise BadExchange(reason, source=self.beir.judgements)

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


@dataclass(frozen=True, slots=True)
class Chosen:
    """The questions of one split of a file."""

    source: Path
    name: str
    split: Split
    questions: tuple[Question, ...]


def choose(file: Path | None, *, split: str) -> Chosen:
    """The questions of a file, the shipped one without a name. Raises BadQuestions or UnknownSplit."""
    source = file if file is not None else shipped_questions()
    if split not in set(Split):
        raise UnknownSplit(split, list(Split))
    questions = in_split(read_questions(source), Split(split))
    if not questions:
        raise BadQuestions(f"no question is in the split {split}", source=source)
    return Chosen(source, "the shipped question set" if file is None else source.name, Split(split), questions)


def of_spans(chosen: Chosen, library: Library) -> SpanJudging:
    """The questions with their evidence found in the library. Raises BadQuestions."""
    answerable = sum(question.answerable for question in chosen.questions)
    about = (
        ("questions", f"{len(chosen.questions)} of {chosen.source.name}, split {chosen.split}"),
        ("answerable", f"{answerable}, not answerable {len(chosen.questions) - answerable}"),
    )
    judged = judge(chosen.questions, library, source=chosen.source)
    return SpanJudging(f"Byline on {chosen.name}", about, judged, library)


def of_documents(folder: Path, *, split: str) -> DocumentJudging:
    """The queries of a BEIR folder that the split judges. Raises BadExchange."""
    beir = read_beir(folder, split=split)
    about = (("queries", f"{len(beir.queries)}, split {split}"),)
    return DocumentJudging(f"Byline on {folder.resolve().name}", about, beir)
