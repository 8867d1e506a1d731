"""What programs get back when they read and store articles."""

from datetime import date

from pydantic import ConfigDict, Field

from corpus.article import Revision
from corpus.library.records import ArticleSummary, PublisherCount, PutResult
from service.schemas.fields import Exact, SkippedPart


class ArticleOut(Exact):
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
    skipped: list[SkippedPart]

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
            skipped=[
                SkippedPart(start=skip.span.start, end=skip.span.end, reason=skip.reason) for skip in article.skipped
            ],
        )


class ArticleLine(Exact):
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


class ArticlesOut(Exact):
    """A page of a listing."""

    articles: list[ArticleLine]
    next: str | None = Field(description="Give as `after` for the next page; null on the last.")


class PublisherOut(Exact):
    """A publisher, as a filter names it."""

    name: str
    articles: int

    @classmethod
    def of(cls, count: PublisherCount) -> "PublisherOut":
        """From the library's value."""
        return cls(name=count.name, articles=count.articles)


class PublishersOut(Exact):
    """A page of the publishers."""

    publishers: list[PublisherOut]
    next: str | None = Field(description="Give as `after` for the next page; null on the last.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"publishers": [{"name": "The Salthaven Courier", "articles": 12}], "next": None}]
        }
    )


class PutOut(Exact):
    """What storing an article did. It is on disk and searchable."""

    id: str
    revision: str
    result: PutResult
    passages: int = Field(description="Searchable ones; 0 when every part of the article is skipped.")
