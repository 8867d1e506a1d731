"""What every system under test offers, and what it gives back."""

from dataclasses import dataclass, field
from typing import Protocol

from corpus.article import Span
from eval.questions.values import Question


@dataclass(frozen=True, slots=True)
class Returned:
    """A passage a system returned, or, in a run of whole documents, an article."""

    article: str
    span: Span | None
    """In the text of the article's current revision; None for a whole article."""
    score: float
    revision: str = ""
    text: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """Names the passage, also in TREC files: `article@start-end`."""
        return self.article if self.span is None else f"{self.article}@{self.span.start}-{self.span.end}"


@dataclass(frozen=True, slots=True)
class Response:
    """What a system makes of one question."""

    passages: tuple[Returned, ...] = ()
    """Best first."""
    answer: str = ""
    """What it answers or would answer if it had to; empty if it has no answers."""
    citations: tuple[Returned, ...] = ()
    """What that answer rests on."""
    answerable: float | None = None
    """How sure it is, higher is surer; None if it does not say."""
    abstains: bool = False
    """Whether it declines to give its answer."""


class System(Protocol):
    """Something that answers questions."""

    @property
    def name(self) -> str:
        """As tables show it."""
        ...

    @property
    def answers(self) -> bool:
        """Whether it answers; False for one that only ranks."""
        ...

    def respond(self, question: Question, *, k: int) -> Response:
        """At most k passages and an answer."""
        ...
