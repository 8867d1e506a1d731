"""A system that abstains where another one does."""

from dataclasses import replace

from eval.questions.values import Question
from eval.systems.protocol import Response, System


class Decided:
    """Passages and answers of one system, the decision whether to answer of another.

    BM25 alone needs it: Byline decides by the dense ranking, which BM25 alone has not.
    """

    def __init__(self, system: System, *, decider: System) -> None:
        self.name = system.name
        self.answers = system.answers
        self._system = system
        self._decider = decider

    def respond(self, question: Question, *, k: int) -> Response:
        """The one's response with the other's decision."""
        decided = self._decider.respond(question, k=1)
        response = self._system.respond(question, k=k)
        return replace(response, answerable=decided.answerable, abstains=decided.abstains)
