"""Baselines that do not read the question: a measure that one of these beats says nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from eval.questions.values import Question
from eval.systems.protocol import Response, System

_COMMON = 10
"""Answers a constant answer strings together; with more it would only be longer, not more telling."""


class AlwaysAbstain:
    """Returns nothing and answers nothing."""

    name = "always abstain"
    answers = True

    def respond(self, question: Question, *, k: int) -> Response:  # noqa: ARG002
        """The same for every question."""
        return Response(answerable=0.0, abstains=True)


class NeverAbstain:
    """Another system that gives its answer however unsure it is."""

    answers = True

    def __init__(self, system: System, *, name: str = "never abstain") -> None:
        self.name = name
        self._system = system

    def respond(self, question: Question, *, k: int) -> Response:
        """The other system's passages and answer."""
        return replace(self._system.respond(question, k=k), abstains=False, answerable=1.0)


class MostCommonAnswers:
    """Answers every question with the answers that the questions to be measured accept most often."""

    name = "most common answers"
    answers = True

    def __init__(self, questions: Iterable[Question]) -> None:
        counted = Counter(answer.lower() for question in questions for answer in question.answers)
        self._answer = "; ".join(answer for answer, _ in counted.most_common(_COMMON))

    def respond(self, question: Question, *, k: int) -> Response:  # noqa: ARG002
        """The same for every question."""
        return Response(answer=self._answer, answerable=1.0)
