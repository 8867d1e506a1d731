"""What programs get back when they ask and verify."""

from datetime import date

from pydantic import Field

from service.core.values import Abstention, Answer, Citation, Generation, Reply, Verdict
from service.schemas.fields import Exact
from service.schemas.passages import PLACES, HitOut, passages_out


class CitationOut(Exact):
    """Exact words of a revision: `text[start:end] == quote`."""

    marker: int
    passage_id: int
    article_id: str
    revision: str
    start: int
    end: int
    quote: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    score: float

    @classmethod
    def of(cls, citation: Citation) -> "CitationOut":
        """From the core's value."""
        row = citation.passage
        return cls(
            marker=citation.marker,
            passage_id=row.passage_id,
            article_id=row.article_id,
            revision=row.revision,
            start=citation.span.start,
            end=citation.span.end,
            quote=citation.quote,
            title=row.title,
            publisher=row.publisher,
            published_at=row.published_at,
            url=row.url,
            score=round(citation.score, PLACES),
        )


class AnswerOut(Exact):
    """What the articles say."""

    text: str
    citations: list[CitationOut] = Field(min_length=1)
    differ: bool = Field(
        description="Whether two articles cited give different numbers of one thing. Found in extracts only: a"
        " language model is told to give each account."
    )


class AbstentionOut(Exact):
    """Why there is no answer."""

    reason: str


class DroppedOut(Exact):
    """A sentence that the language model wrote and that is not in the answer."""

    text: str
    reason: str


class GenerationOut(Exact):
    """What the language model had to do with the outcome."""

    model: str
    used: bool = Field(description="Whether the outcome is the model's; if not, it is as it would be without one.")
    reason: str | None = Field(description="Why the model's text was not used; null if it was.")
    dropped: list[DroppedOut]

    @classmethod
    def of(cls, generation: Generation) -> "GenerationOut":
        """From the core's value."""
        dropped = [DroppedOut(text=one.text, reason=one.reason) for one in generation.dropped]
        return cls(model=generation.model, used=generation.used, reason=generation.reason, dropped=dropped)


class AskOut(Exact):
    """The outcome of a question: either an answer or an abstention, the other is null."""

    question: str
    rewritten_question: str | None = Field(
        description="What was searched for where the question leaned on its history; null if it was the question."
    )
    answer: AnswerOut | None
    abstention: AbstentionOut | None
    answerable: float = Field(ge=0, le=1, description="Estimated probability that the articles answer.")
    generation: GenerationOut | None = Field(description="Null where no language model was asked for the answer.")
    passages: list[HitOut]
    timings_ms: dict[str, float]

    @classmethod
    def of(cls, reply: Reply) -> "AskOut":
        """From the core's value."""
        answer = abstention = None
        if isinstance(reply.outcome, Answer):
            citations = [CitationOut.of(citation) for citation in reply.outcome.citations]
            answer = AnswerOut(text=reply.outcome.text, citations=citations, differ=reply.outcome.differ)
        elif isinstance(reply.outcome, Abstention):
            abstention = AbstentionOut(reason=reply.outcome.reason)
        return cls(
            question=reply.question,
            rewritten_question=reply.rewritten,
            answer=answer,
            abstention=abstention,
            answerable=round(reply.answerable, PLACES),
            generation=None if reply.generation is None else GenerationOut.of(reply.generation),
            passages=passages_out(reply.hits),
            timings_ms={name: round(value, 3) for name, value in reply.timings_ms.items()},
        )


class VerifyOut(Exact):
    """Whether a citation is true."""

    valid: bool
    reason: str | None = Field(description="Why not; null if it is.")
    current: bool = Field(description="Whether the revision is the article's present one.")

    @classmethod
    def of(cls, verdict: Verdict) -> "VerifyOut":
        """From the core's value."""
        return cls(valid=verdict.valid, reason=verdict.reason, current=verdict.current)
