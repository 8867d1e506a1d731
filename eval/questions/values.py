"""A question as a file states it, and the same question with its evidence found in the library."""

from dataclasses import dataclass

from corpus.article import Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of an article that answer a question. White space in `quote` counts as collapsed."""

    article: str
    quote: str
    start: int | None = None
    """Where it begins in the raw file's text: tells repeated words apart."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file."""

    id: str
    text: str
    answers: tuple[str, ...] = ()
    """Accepted strings; there may be none although there is evidence."""
    evidence: tuple[Evidence, ...] = ()
    """Empty: the articles do not answer."""
    tags: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    """What the user asked before, oldest first."""
    line: int = 0

    @property
    def answerable(self) -> bool:
        """Whether the articles answer it."""
        return bool(self.evidence)


@dataclass(frozen=True, slots=True)
class Gold:
    """One piece of evidence at its place in a revision's text."""

    article: str
    revision: str
    span: Span
    quote: str
    """What stands there."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and where its evidence stands."""

    question: Question
    gold: tuple[Gold, ...]
