"""The JSON that programs exchange with the service, the same over HTTP and from the command line."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from corpus.article import Revision, SkipReason, check_id
from corpus.library.records import ArticleSummary, Filters, PassageRow, PutResult
from corpus.readers.fields import calendar_date
from service.core.errors import MAX_K, MAX_QUESTION_LENGTH
from service.core.values import Abstention, Answer, Citation, Hit, Reply, Verdict

MAX_HISTORY = 100
MAX_PAGE = 1000
_PLACES = 4
"""Decimal places of scores; further ones are rounding noise."""


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError(f"it holds a NUL character at {value.index(chr(0))}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds a lone surrogate at {error.start}") from error
    return value


def _question(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty")
    if len(value) > MAX_QUESTION_LENGTH:
        raise ValueError(f"it has {len(value):,} characters, at most {MAX_QUESTION_LENGTH:,} are allowed")
    return value


def _article_id(value: str) -> str:
    try:
        check_id(value)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("id: ")) from error
    return value


def _day(value: object) -> object:
    """Only what is written as a date: pydantic by itself takes any number for one, as seconds since 1970."""
    if isinstance(value, str):
        return calendar_date(value, field="published_at")
    if value is None or isinstance(value, date):
        return value
    raise ValueError("it must be text like 2018-12-01")


Text = Annotated[str, AfterValidator(_storable)]
Question = Annotated[
    Text,
    AfterValidator(_question),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_QUESTION_LENGTH}),
]
ArticleId = Annotated[str, AfterValidator(_article_id)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


class _Model(BaseModel):
    # a misspelt field must not be taken for an absent one
    model_config = ConfigDict(extra="forbid", frozen=True)


class FiltersIn(_Model):
    """Conditions on the articles searched; an article must meet all that are given."""

    published_from: Day | None = Field(None, description="First day, inclusive.")
    published_to: Day | None = Field(None, description="Last day, inclusive.")
    publishers: list[Text] | None = Field(
        None, min_length=1, max_length=1000, description="Any of these, spelt as stored."
    )
    article_ids: list[Text] | None = Field(None, min_length=1, max_length=10_000, description="Any of these.")

    @model_validator(mode="after")
    def _in_order(self) -> "FiltersIn":
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"published_from {self.published_from} is after published_to {self.published_to}")
        return self

    def to_filters(self) -> Filters:
        """As the core takes them."""
        publishers, article_ids = tuple(self.publishers or ()), tuple(self.article_ids or ())
        return Filters(self.published_from, self.published_to, publishers, article_ids)


class Turn(_Model):
    """One turn of a conversation before the question."""

    role: Literal["user", "assistant"]
    content: Annotated[Text, Field(max_length=100_000)]


class AskIn(_Model):
    """A question."""

    question: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, strict=True)] = Field(5, description="Passages returned.")
    filters: FiltersIn = FiltersIn()
    history: list[Turn] = Field([], max_length=MAX_HISTORY, description="Earlier turns, oldest first.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "Why did Oh Chong-song keep driving?", "k": 5}]}
    )

    def questions_before(self) -> list[str]:
        """The user's earlier questions, oldest first."""
        return [turn.content for turn in self.history if turn.role == "user"]


class SearchIn(_Model):
    """A search for passages."""

    query: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, strict=True)] = Field(10, description="Passages returned.")
    filters: FiltersIn = FiltersIn()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"query": "thermal imaging Imjin river", "filters": {"published_from": "2019-01-01"}}]
        }
    )


class VerifyIn(_Model):
    """A citation to check."""

    article_id: ArticleId
    revision: Sha256
    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=0, strict=True)]
    quote: str


class SkipOut(_Model):
    """A part of an article that is not reporting and gets no passage."""

    start: int
    end: int
    reason: SkipReason


class ArticleIn(_Model):
    """An article to store."""

    text: Text = Field(description="Stored as it stands for format `text`; else what the reader makes of it.")
    format: Literal["text", "markdown", "html"] = "text"
    title: Text | None = None
    publisher: Text | None = None
    published_at: Day | None = None
    published_at_inferred: bool = False
    author: Text | None = None
    url: Text | None = None
    skipped: list[SkipOut] | None = Field(
        None, description="Parts that are not reporting, in order; worked out from the text when absent."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Harbour reopens",
                    "text": "The harbour reopened on Tuesday after engineers had checked every crane.",
                    "publisher": "Example Times",
                    "published_at": "2024-05-14",
                }
            ]
        }
    )


class RevisionQuery(_Model):
    """Which revision of an article."""

    revision: Sha256 | None = Field(None, description="A former revision by its SHA-256; the current one if absent.")


class ListQuery(_Model):
    """Which page of the listing."""

    after: str = Field("", description="The last id of the page before.")
    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Articles on a page.")


class PassageOut(_Model):
    """A passage. Positions are code points of the revision's text, half-open."""

    passage_id: int
    article_id: str
    revision: str
    start: int
    end: int
    text: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    score: float | None = Field(description="Comparable within one result only; null outside a ranking.")

    @classmethod
    def of(cls, row: PassageRow, *, score: float | None) -> "PassageOut":
        """From the core's value."""
        return cls(
            passage_id=row.passage_id,
            article_id=row.article_id,
            revision=row.revision,
            start=row.span.start,
            end=row.span.end,
            text=row.text,
            title=row.title,
            publisher=row.publisher,
            published_at=row.published_at,
            url=row.url,
            score=None if score is None else round(score, _PLACES),
        )


class PassageDetail(PassageOut):
    """A passage asked for by id."""

    searchable: bool = Field(description="False once its revision was replaced or its article removed.")

    @classmethod
    def of_row(cls, row: PassageRow) -> "PassageDetail":
        """From the core's value."""
        return cls(**PassageOut.of(row, score=None).model_dump(), searchable=row.searchable)


class CitationOut(_Model):
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
            score=round(citation.score, _PLACES),
        )


class AnswerOut(_Model):
    """What the articles say."""

    text: str
    citations: list[CitationOut] = Field(min_length=1)


class AbstentionOut(_Model):
    """Why there is no answer."""

    reason: str


class AskOut(_Model):
    """The outcome of a question: either an answer or an abstention, the other is null."""

    question: str
    rewritten_question: str | None = Field(
        description="What was searched for where the question leaned on its history; null if it was the question."
    )
    answer: AnswerOut | None
    abstention: AbstentionOut | None
    answerable: float = Field(ge=0, le=1, description="Estimated probability that the articles answer.")
    passages: list[PassageOut]
    timings_ms: dict[str, float]

    @classmethod
    def of(cls, reply: Reply) -> "AskOut":
        """From the core's value."""
        answer = abstention = None
        if isinstance(reply.outcome, Answer):
            citations = [CitationOut.of(citation) for citation in reply.outcome.citations]
            answer = AnswerOut(text=reply.outcome.text, citations=citations)
        elif isinstance(reply.outcome, Abstention):
            abstention = AbstentionOut(reason=reply.outcome.reason)
        return cls(
            question=reply.question,
            rewritten_question=reply.rewritten,
            answer=answer,
            abstention=abstention,
            answerable=round(reply.answerable, _PLACES),
            passages=passages_out(reply.hits),
            timings_ms={name: round(value, 3) for name, value in reply.timings_ms.items()},
        )


class SearchOut(_Model):
    """The outcome of a search, best first."""

    passages: list[PassageOut]


class VerifyOut(_Model):
    """Whether a citation is true."""

    valid: bool
    reason: str | None = Field(description="Why not; null if it is.")
    current: bool = Field(description="Whether the revision is the article's present one.")

    @classmethod
    def of(cls, verdict: Verdict) -> "VerifyOut":
        """From the core's value."""
        return cls(valid=verdict.valid, reason=verdict.reason, current=verdict.current)


class ArticleOut(_Model):
    """An article's text and description in one revision."""

    id: str
    revision: str
    current: bool
    title: str
    publisher: str | None
    published_at: date | None
    published_at_inferred: bool
    author: str | None
    url: str | None
    text: str
    skipped: list[SkipOut]

    @classmethod
    def of(cls, revision: Revision) -> "ArticleOut":
        """From the core's value."""
        article = revision.article
        return cls(
            id=article.id,
            revision=revision.sha256,
            current=revision.current,
            title=article.title,
            publisher=article.publisher,
            published_at=article.published_at,
            published_at_inferred=article.published_at_inferred,
            author=article.author,
            url=article.url,
            text=article.text,
            skipped=[SkipOut(start=skip.span.start, end=skip.span.end, reason=skip.reason) for skip in article.skipped],
        )


class ArticleLine(_Model):
    """One line of a listing."""

    id: str
    revision: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    passages: int

    @classmethod
    def of(cls, summary: ArticleSummary) -> "ArticleLine":
        """From the core's value."""
        return cls(
            id=summary.id,
            revision=summary.revision,
            title=summary.title,
            publisher=summary.publisher,
            published_at=summary.published_at,
            url=summary.url,
            passages=summary.passages,
        )


class ArticlesOut(_Model):
    """A page of a listing."""

    articles: list[ArticleLine]
    next: str | None = Field(description="Give as `after` for the next page; null on the last.")


class PutOut(_Model):
    """What storing an article did. It is on disk and searchable."""

    id: str
    revision: str
    result: PutResult
    passages: int = Field(description="Searchable ones; 0 when every part of the article is skipped.")


def passages_out(hits: tuple[Hit, ...]) -> list[PassageOut]:
    """Ranked passages."""
    return [PassageOut.of(hit.passage, score=hit.score) for hit in hits]
