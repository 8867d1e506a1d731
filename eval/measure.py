"""Runs a system over questions and measures every response; a question without a response counts, as nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from corpus.library.reading import Library
from eval.metrics import answers, ranked, spans
from eval.metrics.names import BUDGET_TOKENS, CURVE, CUTOFFS
from eval.metrics.relevance import Qrels, article_qrels, by_article, passage_qrels
from eval.questions.values import Judged, Question
from eval.systems.protocol import Response, System
from indexing.tokens import count_tokens

Values = Mapping[str, Mapping[str, float]]
"""For each measure its value for each question it is defined for."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One system's responses and what they are worth."""

    system: str
    answers: bool
    responses: Mapping[str, Response]
    values: Values
    recall_curve: Mapping[str, Sequence[float]]
    """For each answerable question the recall of evidence spans at k = 1, 2, ..., CURVE."""


def run(
    system: System, questions: Sequence[Question], *, k: int, on_question: Callable[[], None] = lambda: None
) -> dict[str, Response]:
    """The system's response to each question."""
    responses = {}
    for question in questions:
        responses[question.id] = system.respond(question, k=k)
        on_question()
    return responses


def measured(
    system: System, responses: Mapping[str, Response], judged: Sequence[Judged], *, library: Library
) -> Measured:
    """Every measure over questions with evidence spans.

    Retrieval and answers are measured on the answerable questions, abstention on all.
    """
    complete = {item.question.id: responses.get(item.question.id, Response()) for item in judged}
    passages = {question: response.passages for question, response in complete.items()}
    answerable = [item for item in judged if item.gold]
    values: dict[str, dict[str, float]] = {
        **ranked.ranked(ranked.PASSAGES, passages, passage_qrels(judged, library, returned=passages)),
        **articles(complete, article_qrels(judged)),
    }
    curve = {
        item.question.id: [
            spans.recall_at(k, complete[item.question.id].passages, item.gold) for k in range(1, CURVE + 1)
        ]
        for item in answerable
    }
    for k in CUTOFFS:
        values[f"recall@{k}"] = {question: recalls[k - 1] for question, recalls in curve.items()}
    for item in answerable:
        for name, value in _of_spans(complete[item.question.id], item).items():
            values.setdefault(name, {})[item.question.id] = value
    if system.answers:
        for item in judged:
            for name, value in _of_answer(complete[item.question.id], item).items():
                values.setdefault(name, {})[item.question.id] = value
    return Measured(system.name, system.answers, complete, values, curve)


def measured_documents(system: System, responses: Mapping[str, Response], qrels: Qrels) -> Measured:
    """Document-level measures only, for collections whose judgements name whole documents."""
    return Measured(system.name, answers=False, responses=responses, values=articles(responses, qrels), recall_curve={})


def articles(responses: Mapping[str, Response], qrels: Qrels) -> dict[str, dict[str, float]]:
    """Document-level measures of each judged question."""
    runs = {question: by_article(response.passages) for question, response in responses.items() if question in qrels}
    return ranked.ranked(ranked.ARTICLES, runs, qrels)


def _of_spans(response: Response, item: Judged) -> dict[str, float]:
    text = spans.within_budget(response.passages, budget=BUDGET_TOKENS, count_tokens=count_tokens)
    precision, recall, iou = spans.precision_recall_iou(text, item.gold)
    return {"span precision": precision, "span recall": recall, "span IoU": iou}


def _of_answer(response: Response, item: Judged) -> dict[str, float]:
    said = "" if response.abstains else response.answer
    accepted = item.question.answers
    abstained = response.abstains or not response.answer
    values = {"accuracy": float(abstained != item.question.answerable)}
    if not item.gold:
        return {**values, "right": float(abstained)}
    citations = () if response.abstains else response.citations
    values["citation precision"] = answers.citation_precision(citations, item.gold)
    values["citation recall"] = answers.citation_recall(citations, item.gold)
    if accepted:
        values["contained"] = values["right"] = answers.contained(said, accepted)
        values["exact match"] = answers.exact_match(said, accepted)
        values["token F1"] = answers.token_f1(said, accepted)
        values["contained if forced"] = answers.contained(response.answer, accepted)
    return values
