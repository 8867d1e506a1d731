"""What the core gives back: hits, citations, and an answer that cannot exist without them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from corpus.article import Span
from corpus.library.records import PassageRow
from service.core.clock import Step


@dataclass(frozen=True, slots=True)
class Place:
    """A passage's in a ranking."""

    rank: int
    """1 for the best."""
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage ranked where it did."""

    vector: Place | None
    """Among the nearest by meaning, with its cosine; None outside of them."""
    words: Place | None
    """Among those that share words with the question, with its BM25 score; None outside of them."""
    fused: float
    """Score of both together, 0 to 1, by which the best were chosen for re-ranking."""
    likeness: float | None
    """By late interaction, or the reranker; None for a passage that was not among the best fused ones."""
    matched: tuple[str, ...]
    """Words of the question that the passage or its title has."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and how well it fits the question."""

    passage: PassageRow
    score: float
    """0 to 1; comparable within one result only. Evidence.fused together with late interaction's or the reranker's, and
    with how well the article's date agrees with one that the question names."""
    also_in: tuple[PassageRow, ...] = ()
    """Near copies of the passage, which have no place of their own in the result."""
    evidence: Evidence | None = None
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words of a revision that an answer relies on. Built by `cite`."""

    marker: int
    """Its number in the answer, from 1."""
    passage: PassageRow
    span: Span
    """In the revision's text."""
    quote: str
    score: float
    """How well the words fit the question, 0 to 1; comparable within one result only."""


def cite(passage: PassageRow, within: Span, *, marker: int, score: float) -> Citation:
    """Cites a part of a passage; `within` counts from the start of the passage's text.

    The quote is cut out of the passage, never looked for, so it is what stands at the span. Raises ValueError if
    `within` leaves the passage.
    """
    span = Span(passage.span.start + within.start, passage.span.start + within.end)
    return Citation(marker=marker, passage=passage, span=span, quote=within.of(passage.text), score=score)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say. Raises ValueError without a citation: no answer goes uncited."""

    text: str
    """With `[1]` and so on behind what each citation supports."""
    citations: tuple[Citation, ...]
    differ: bool = False
    """Whether two articles cited give different numbers of one thing; found for extracts only."""

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError("an answer needs at least one citation")


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Features:
    """Of one question and what was found for it: what tells whether the articles answer it."""

    cosine: float
    """Of the nearest passage."""
    least_covered: float
    """How well the best sentence covers the word of the question that it covers least; stop words do not count."""
    kind_missing: float
    """1 if the question asks for a number, a time or a name and the best sentence has none, else 0."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and that was not passed on."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What a language model had to do with a reply."""

    model: str
    used: bool
    """Whether the outcome is the model's; if not, it is what it would be without a model."""
    reason: str | None
    """Why not; None if it is."""
    dropped: tuple[Dropped, ...] = ()
    """Sentences of the model that were not passed on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question came to, for whoever counts or traces them; nothing of its words."""

    way: Literal["ask", "search"]
    outcome: Literal["answer", "abstention", "passages", "nothing"]
    """Of a search, whether there were any passages."""
    steps: tuple[Step, ...]
    """With `total` as the last."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found, before it is answered."""

    question: str
    rewritten: str | None
    """As in Reply."""
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of one question."""

    question: str
    rewritten: str | None
    """What was searched for where the question leaned on its history; None if that was the question itself."""
    outcome: Answer | Abstention
    answerable: float
    """Estimated probability that the articles answer the question."""
    features: Features | None
    """What that was estimated from; None where nothing was found."""
    hits: tuple[Hit, ...]
    """The best passages, also with an abstention."""
    timings_ms: Mapping[str, float]
    """Wall time of each step and, as `total`, of all."""
    generation: Generation | None = None
    """None where no language model was asked for the answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a citation is true of the revision it names."""

    valid: bool
    reason: str | None
    """Why not; None if it is."""
    current: bool
    """Whether the revision is the article's present one."""
