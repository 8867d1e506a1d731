"""Articles as resources: a listing in pages, and each text by its address."""

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    Annotations,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from corpus.article import is_text
from corpus.errors import ArticleNotFound
from corpus.library.records import ArticleSummary
from service.core.engine import Engine
from service.mcp.documents import URI_TEMPLATE, article_uri, parse_uri, readable

PAGE = 100
"""Articles on a page of the listing."""
_TEXT = "text/plain"


def listing(core: Engine, cursor: str | None) -> ListResourcesResult:
    """The next page of current articles in order of id; the cursor is the last id of the page before."""
    if cursor is not None and not is_text(cursor):
        raise MCPError(INVALID_PARAMS, "cursor: it holds half a character, which no cursor does")
    found = core.articles(after=cursor or "", limit=PAGE + 1)
    page = found[:PAGE]
    return ListResourcesResult(
        resources=[_resource(article) for article in page],
        next_cursor=page[-1].id if len(found) > PAGE else None,
    )


def templates() -> ListResourceTemplatesResult:
    """The one form of address."""
    article = ResourceTemplate(
        name="article",
        title="News article",
        uri_template=URI_TEMPLATE,
        description="The text of an article: the current one, or a former one by its SHA-256.",
        mime_type=_TEXT,
    )
    return ListResourceTemplatesResult(resource_templates=[article])


def read(core: Engine, uri: str) -> ReadResourceResult:
    """An article's text. Raises MCPError for an address that leads nowhere."""
    try:
        article_id, revision = parse_uri(uri)
        found = readable(core, article_id, revision=revision)
    except ArticleNotFound as error:
        raise MCPError(INVALID_PARAMS, f"uri: {error}") from error
    except ValueError as error:
        raise MCPError(INVALID_PARAMS, f"uri: {error}") from error
    text = TextResourceContents(uri=uri, mime_type=_TEXT, text=found.article.text)
    return ReadResourceResult(contents=[text])


def _resource(article: ArticleSummary) -> Resource:
    day = None if article.published_at is None else article.published_at.isoformat()
    return Resource(
        uri=article_uri(article.id),
        name=article.id,
        title=article.title,
        description=", ".join(known for known in (article.publisher, day) if known) or None,
        mime_type=_TEXT,
        annotations=Annotations(audience=["user", "assistant"]),
    )
