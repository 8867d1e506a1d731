"""Byline's engine as a system under test."""

from collections.abc import Sequence

from eval.questions.values import Question
from eval.systems.protocol import Response, Returned
from service.core.engine import Engine
from service.core.errors import MAX_K
from service.core.values import Answer, Citation, Hit


class Byline:
    """Asks an engine that never abstains, and abstains for it below `threshold`.

    So one run tells what is answered and what would be answered. Raises ValueError for an engine that abstains where
    there are passages.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        threshold: float,
        name: str = "byline",
        with_history: bool = True,
        most_citations: int | None = None,
        answers: bool = True,
    ) -> None:
        self.name = name
        self.answers = answers
        self._engine = engine
        self._threshold = threshold
        self._with_history = with_history
        self._most_citations = most_citations

    def respond(self, question: Question, *, k: int) -> Response:
        """Searches only, without extracting an answer, if it was made with `answers=False`."""
        depth = min(k, MAX_K)
        if not self.answers:
            hits = self._engine.search(question.text, k=depth)
            return Response(passages=tuple(_passage(hit) for hit in hits))
        reply = self._engine.ask(question.text, k=depth, history=question.earlier if self._with_history else ())
        passages = tuple(_passage(hit) for hit in reply.hits)
        if not isinstance(reply.outcome, Answer):
            if passages:
                raise ValueError("the engine to be measured must not abstain by itself")
            return Response(answerable=0.0, abstains=True)
        citations = reply.outcome.citations[: self._most_citations]
        return Response(
            passages=passages,
            answer=_answer(reply.outcome.text, citations, whole=len(citations) == len(reply.outcome.citations)),
            citations=tuple(_cited(citation) for citation in citations),
            answerable=reply.answerable,
            abstains=reply.answerable < self._threshold,
        )


def _answer(text: str, citations: Sequence[Citation], *, whole: bool) -> str:
    return text if whole else " ".join(f"{citation.quote} [{citation.marker}]" for citation in citations)


def _passage(hit: Hit) -> Returned:
    row = hit.passage
    return Returned(row.article_id, row.span, hit.score, row.revision, row.text)


def _cited(citation: Citation) -> Returned:
    row = citation.passage
    return Returned(row.article_id, citation.span, citation.score, row.revision, citation.quote)
