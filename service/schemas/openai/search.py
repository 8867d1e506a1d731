"""Searching a vector store, as OpenAI's API has it: the request and the page of results."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, FailFast, Field, WithJsonSchema

from corpus.library.records import Filters, PassageRow
from service.core.values import Hit
from service.schemas.fields import Exact, Question
from service.schemas.openai.examples import SEARCH_EXAMPLE
from service.schemas.openai.filters import FILTERS_SCHEMA, condition_of
from service.schemas.openai.merging import shown_score
from service.schemas.openai.names import file_id_of

MAX_RESULTS = 50
MAX_QUERIES = 16

Attributes = dict[str, str | float | int | bool]
TextPart = dict[Literal["type", "text"], str]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Queries = Annotated[
    list[Question],
    FailFast(),
    BeforeValidator(_listed),
    Field(min_length=1, max_length=MAX_QUERIES),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_QUERIES},
            ],
            "description": "One query or several; of several a passage counts with its best score.",
        }
    ),
]


class RankingOptions(Exact):
    """How results are ranked."""

    ranker: Literal["none", "auto", "default-2024-11-15"] = Field(
        "auto", description="Accepted, and makes no difference: there is one way of ranking."
    )
    score_threshold: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.0, description="Results with a lower score are left out. Scores are relative: a best result is near 1."
    )


class StoreSearchIn(Exact):
    """A search of the store."""

    query: Queries
    max_num_results: Annotated[int, Field(ge=1, le=MAX_RESULTS, strict=True)] = 10
    filters: Annotated[dict[str, Any] | None, WithJsonSchema(FILTERS_SCHEMA)] = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = Field(
        None, description="Accepted; queries are searched as they stand, which `search_query` shows."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "Why did Oh Chong-song keep driving?",
                    "max_num_results": 3,
                    "filters": {"type": "gte", "key": "published_at", "value": "2018-12-01"},
                    "ranking_options": {"score_threshold": 0.2},
                }
            ]
        }
    )

    def to_filters(self) -> Filters:
        """As the core takes them. Raises BadFilter."""
        return Filters(condition=None if self.filters is None else condition_of(self.filters))

    @property
    def threshold(self) -> float:
        """The least score of a result."""
        return 0.0 if self.ranking_options is None else self.ranking_options.score_threshold


class StoreHit(Exact):
    """A passage found."""

    file_id: str
    filename: str = Field(description="The article's title.")
    score: float = Field(ge=0, le=1, description="Comparable within one result only.")
    attributes: Attributes = Field(
        description="article_id, revision, passage_id, start, end and title; publisher, published_at and url where the"
        " article has them. `start` and `end` are code points of the revision's text, half-open."
    )
    content: list[TextPart] = Field(description="One part: the passage, which is what stands at start:end.")

    @classmethod
    def of(cls, hit: Hit) -> "StoreHit":
        """From the core's value."""
        row = hit.passage
        return cls(
            file_id=file_id_of(row.article_id),
            filename=row.title,
            score=shown_score(hit),
            attributes=attributes_of(row),
            content=[{"type": "text", "text": row.text}],
        )


class StoreSearchOut(Exact):
    """What was found, best first. There is one page."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str]
    data: list[StoreHit]
    has_more: Literal[False] = False
    next_page: None = None

    model_config = ConfigDict(json_schema_extra={"examples": [SEARCH_EXAMPLE]})


def attributes_of(row: PassageRow) -> Attributes:
    """What is told of a passage beside its words; what the article lacks is left out."""
    known: dict[str, str | int | None] = {
        "article_id": row.article_id,
        "revision": row.revision,
        "passage_id": row.passage_id,
        "start": row.span.start,
        "end": row.span.end,
        "title": row.title,
        "publisher": row.publisher,
        "published_at": None if row.published_at is None else row.published_at.isoformat(),
        "url": row.url,
    }
    return {name: value for name, value in known.items() if value is not None}
