"""What programs send."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from corpus.library.records import Filters
from service.core.errors import MAX_K
from service.schemas.fields import STORABLE, ArticleId, Day, Exact, Question, Sha256, SkippedPart, Text

PASSAGES = 5
"""Given along with an answer unless another number is asked for."""
MAX_HISTORY = 100
MAX_PAGE = 1000


class FiltersIn(Exact):
    """Conditions on the articles searched; an article must meet all that are given."""

    published_from: Day | None = Field(None, description="First day, inclusive.")
    published_to: Day | None = Field(None, description="Last day, inclusive.")
    publishers: list[Text] | None = Field(
        None, fail_fast=True, min_length=1, max_length=1000, description="Any of these, spelt as stored."
    )
    article_ids: list[Text] | None = Field(
        None, fail_fast=True, min_length=1, max_length=10_000, description="Any of these."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "FiltersIn":
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"published_from {self.published_from} is after published_to {self.published_to}")
        return self

    def to_filters(self) -> Filters:
        """As the core takes them."""
        publishers, article_ids = tuple(self.publishers or ()), tuple(self.article_ids or ())
        return Filters(self.published_from, self.published_to, publishers, article_ids)


class Turn(Exact):
    """One turn of a conversation before the question."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=100_000), STORABLE]


Explain = Annotated[
    bool, Field(strict=True, description="Whether each passage has `evidence` of why it ranked where it did.")
]


class AskIn(Exact):
    """A question."""

    question: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, strict=True)] = Field(PASSAGES, description="Passages returned.")
    filters: FiltersIn = FiltersIn()
    explain: Explain = False
    history: list[Turn] = Field([], fail_fast=True, max_length=MAX_HISTORY, description="Earlier turns, oldest first.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "Why did Oh Chong-song keep driving?", "k": 5}]}
    )


class SearchTerms(Exact):
    """What passages are searched for, and among which."""

    query: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, strict=True)] = Field(10, description="Passages returned.")
    filters: FiltersIn = FiltersIn()


class SearchIn(SearchTerms):
    """A search for passages."""

    explain: Explain = False

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"query": "thermal imaging Imjin river", "filters": {"published_from": "2019-01-01"}}]
        }
    )


class VerifyIn(Exact):
    """A citation to check."""

    article_id: ArticleId
    revision: Sha256
    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=0, strict=True)]
    quote: str


class ArticleIn(Exact):
    """An article to store."""

    text: Text = Field(description="Stored as it stands for format `text`; else what the reader makes of it.")
    format: Literal["text", "markdown", "html"] = "text"
    title: Text | None = None
    publisher: Text | None = None
    published_at: Day | None = None
    published_at_inferred: bool = False
    author: Text | None = None
    url: Text | None = None
    skipped: list[SkippedPart] | None = Field(
        None,
        fail_fast=True,
        description="Parts that are not reporting, in order; worked out from the text when absent.",
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


class RevisionQuery(Exact):
    """Which revision of an article."""

    revision: Sha256 | None = Field(None, description="A former revision by its SHA-256; the current one if absent.")


class ListQuery(Exact):
    """Which page of the listing."""

    after: str = Field("", description="The last id of the page before.")
    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Articles on a page.")


class PublishersQuery(Exact):
    """Which page of the publishers."""

    after: str = Field("", description="The last name of the page before.")
    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Publishers on a page.")
