"""What a streamed reply consists of: its parts together are the reply that is sent whole."""

from pydantic import Field

from service.core.values import Found, Reply
from service.schemas.fields import Exact
from service.schemas.passages import HitOut, passages_out
from service.schemas.replies import AbstentionOut, AskOut, CitationOut, GenerationOut


class PassagesEvent(Exact):
    """`passages`: what was found, sent before the answer is made."""

    question: str
    rewritten_question: str | None
    passages: list[HitOut]

    @classmethod
    def of(cls, found: Found) -> "PassagesEvent":
        """From the core's value."""
        return cls(question=found.question, rewritten_question=found.rewritten, passages=passages_out(found.hits))


class AnswerTextOut(Exact):
    """An answer whose citations come in the next event."""

    text: str
    differ: bool


class AnswerEvent(Exact):
    """`answer`: the outcome, either an answer or an abstention, the other is null."""

    answer: AnswerTextOut | None
    abstention: AbstentionOut | None
    answerable: float = Field(ge=0, le=1)
    generation: GenerationOut | None


class CitationsEvent(Exact):
    """`citations`: the exact words that the answer rests on; none for an abstention."""

    citations: list[CitationOut]


class EndEvent(Exact):
    """`end`: the reply is complete."""

    timings_ms: dict[str, float]


def outcome_of(reply: Reply) -> tuple[AnswerEvent, CitationsEvent, EndEvent]:
    """What follows the passages, in this order."""
    whole = AskOut.of(reply)
    answer = None if whole.answer is None else AnswerTextOut(text=whole.answer.text, differ=whole.answer.differ)
    return (
        AnswerEvent(
            answer=answer, abstention=whole.abstention, answerable=whole.answerable, generation=whole.generation
        ),
        CitationsEvent(citations=[] if whole.answer is None else whole.answer.citations),
        EndEvent(timings_ms=whole.timings_ms),
    )
