"""The library as OpenAI's vector store, its articles as files."""

from typing import Literal

from pydantic import Field

from corpus.article import Revision
from service.schemas.fields import Exact
from service.schemas.openai.names import NO_TIME, STORE, file_id_of
from service.schemas.openai.search import Attributes, TextPart


class FileCounts(Exact):
    """Files by state; an article that is stored is searchable."""

    in_progress: Literal[0] = 0
    completed: int
    failed: Literal[0] = 0
    cancelled: Literal[0] = 0
    total: int


class StoreOut(Exact):
    """The library."""

    id: str = Field(STORE, examples=[STORE])
    object: Literal["vector_store"] = "vector_store"
    created_at: int = Field(NO_TIME, description="0: Byline keeps no times of storing.")
    name: str = "Byline"
    status: Literal["completed"] = "completed"
    file_counts: FileCounts
    usage_bytes: int = Field(description="Size of the library's database.")
    metadata: dict[str, str] = Field({}, examples=[{}])
    last_active_at: None = None
    expires_after: None = None
    expires_at: None = None

    @classmethod
    def of(cls, *, articles: int, size: int) -> "StoreOut":
        """A library of so many articles in so many bytes."""
        return cls(file_counts=FileCounts(completed=articles, total=articles), usage_bytes=size)


class StoresOut(Exact):
    """All stores: there is one."""

    object: Literal["list"] = "list"
    data: list[StoreOut]
    first_id: str | None = Field(examples=[STORE])
    last_id: str | None = Field(examples=[STORE])
    has_more: Literal[False] = False


class FileOut(Exact):
    """An article."""

    id: str = Field(examples=["dmz-defection-december-2018"])
    object: Literal["vector_store.file"] = "vector_store.file"
    created_at: int = Field(NO_TIME, description="0: Byline keeps no times of storing.")
    vector_store_id: str = Field(STORE, examples=[STORE])
    status: Literal["completed"] = "completed"
    last_error: None = None
    usage_bytes: int = Field(description="Bytes of its text in UTF-8.")
    attributes: Attributes = Field(
        examples=[{"article_id": "dmz-defection-december-2018", "publisher": "BBC News", "published_at": "2018-12-01"}]
    )

    @classmethod
    def of(cls, revision: Revision) -> "FileOut":
        """From the core's value."""
        article = revision.article
        known = {
            "article_id": article.id,
            "revision": revision.sha256,
            "title": article.title,
            "publisher": article.publisher,
            "published_at": None if article.published_at is None else article.published_at.isoformat(),
            "author": article.author,
            "url": article.url,
        }
        return cls(
            id=file_id_of(article.id),
            usage_bytes=len(article.text.encode()),
            attributes={name: value for name, value in known.items() if value is not None},
        )


class FilesOut(Exact):
    """A page of the articles, in order of their ids."""

    object: Literal["list"] = "list"
    data: list[FileOut]
    first_id: str | None = Field(examples=["dmz-defection-december-2018"])
    last_id: str | None = Field(examples=["dmz-defection-december-2018"])
    has_more: bool


class FilesQuery(Exact):
    """Which page."""

    limit: int = Field(20, ge=1, le=100, description="Files on a page.")
    after: str = Field("", description="The last id of the page before.")
    order: Literal["asc"] = Field("asc", description="By article id; there are no times of storing to go by.")
    filter: Literal["completed", "in_progress", "failed", "cancelled"] = Field(
        "completed", description="All files are completed."
    )


class FileContentOut(Exact):
    """An article's whole text."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: list[TextPart] = Field(examples=[[{"type": "text", "text": "The harbour reopened on Tuesday."}]])
    has_more: Literal[False] = False
    next_page: None = None
