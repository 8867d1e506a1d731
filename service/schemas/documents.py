"""What agents send and get back in the shape that connectors expect: results with an id, and documents by id."""

from datetime import date

from pydantic import Field

from corpus.article import Revision, Span
from service.core.values import Hit
from service.schemas.fields import Exact

MAX_DOCUMENT_ID = 1000


class ResultOut(Exact):
    """A passage that was found."""

    id: str = Field(description="Give to `fetch`.")
    title: str
    url: str = Field(description="The article's own address, or its resource here where it has none.")
    text: str = Field(description="The passage.")
    publisher: str | None
    published_at: date | None

    @classmethod
    def of(cls, hit: Hit, *, document_id: str, url: str) -> "ResultOut":
        """From the core's value."""
        row = hit.passage
        return cls(
            id=document_id,
            title=row.title,
            url=url,
            text=row.text,
            publisher=row.publisher,
            published_at=row.published_at,
        )


class ResultsOut(Exact):
    """What was found, best first."""

    results: list[ResultOut]


class FetchIn(Exact):
    """Which document."""

    id: str = Field(
        min_length=1, max_length=MAX_DOCUMENT_ID, description="An id that `search` gave, or the id of an article."
    )


class DocumentMetadata(Exact):
    """What a document is, and where in it the passage stands that was found."""

    article_id: str
    revision: str = Field(description="SHA-256 of the text.")
    current: bool = Field(description="False once the article was updated; the text is the one that was found.")
    publisher: str | None
    published_at: date | None
    author: str | None
    start: int | None = Field(description="Of the passage: `text[start:end]`, code points; null for an article's id.")
    end: int | None


class DocumentOut(Exact):
    """A whole article in one revision."""

    id: str
    title: str
    text: str
    url: str
    metadata: DocumentMetadata

    @classmethod
    def of(cls, revision: Revision, *, document_id: str, url: str, span: Span | None) -> "DocumentOut":
        """From the core's value."""
        article = revision.article
        metadata = DocumentMetadata(
            article_id=article.id,
            revision=revision.sha256,
            current=revision.current,
            publisher=article.publisher,
            published_at=article.published_at,
            author=article.author,
            start=None if span is None else span.start,
            end=None if span is None else span.end,
        )
        return cls(id=document_id, title=article.title, text=article.text, url=url, metadata=metadata)
