"""Documents by id: a passage's id leads to the revision it was found in, an article's to its current one.

A passage's id has a slash, which no article's has. Passages are never renumbered and former revisions stay readable,
so an id holds after an update: it goes on meaning the words that were found.
"""

from urllib.parse import parse_qs, quote, unquote, urlsplit

from corpus.article import Revision, is_text
from corpus.errors import ArticleNotFound
from service.core.engine import Engine
from service.core.errors import PassageNotFound
from service.core.values import Hit
from service.mcp.errors import DocumentNotFound, DocumentRemoved
from service.schemas.documents import DocumentOut, ResultOut

_PASSAGE = "passage/"
_RESOURCES = "byline://articles/"
URI_TEMPLATE = _RESOURCES + "{id}{?revision}"
_MOST_DIGITS = 18
"""Of a passage's number; SQLite counts to 19 digits and never so far."""


def result_of(hit: Hit) -> ResultOut:
    """A hit as connectors take it."""
    row = hit.passage
    url = row.url or article_uri(row.article_id, revision=row.revision)
    return ResultOut.of(hit, document_id=f"{_PASSAGE}{row.passage_id}", url=url)


def document(core: Engine, document_id: str) -> DocumentOut:
    """The document of an id that `search` gave, or of an article. Raises DocumentNotFound or DocumentRemoved."""
    if not document_id.startswith(_PASSAGE):
        try:
            revision = readable(core, document_id)
        except ArticleNotFound as error:
            raise DocumentNotFound(document_id) from error
        return DocumentOut.of(revision, document_id=document_id, url=_url(revision), span=None)
    digits = document_id.removeprefix(_PASSAGE)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise DocumentNotFound(document_id)
    try:
        row = core.passage(int(digits))
    except PassageNotFound as error:
        raise DocumentNotFound(document_id) from error
    revision = core.article(row.article_id, revision=row.revision)
    if not revision.current:
        try:
            core.article(row.article_id)
        except ArticleNotFound as error:
            raise DocumentRemoved(document_id, row.article_id) from error
    return DocumentOut.of(revision, document_id=document_id, url=_url(revision), span=row.span)


def readable(core: Engine, article_id: str, *, revision: str | None = None) -> Revision:
    """The article. Raises ArticleNotFound, also for what is half a character and so no id."""
    if not is_text(article_id) or not is_text(revision or ""):
        raise ArticleNotFound(article_id.encode(errors="replace").decode())
    return core.article(article_id, revision=revision)


def article_uri(article_id: str, *, revision: str | None = None) -> str:
    """The article as a resource; with its revision it goes on meaning the same text."""
    return _RESOURCES + quote(article_id, safe="") + ("" if revision is None else f"?revision={revision}")


def parse_uri(uri: str) -> tuple[str, str | None]:
    """The article's id and the revision, if one is named. Raises ValueError for what is no such address."""
    if not uri.startswith(_RESOURCES):
        raise ValueError(f"it does not begin with {_RESOURCES}")
    parts = urlsplit(uri)
    try:
        article_id = unquote(parts.path.removeprefix("/"), errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("the id in it is not UTF-8") from error
    named = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    if not article_id or parts.fragment or set(named) - {"revision"} or len(named.get("revision", [])) > 1:
        raise ValueError(f"it is not like {URI_TEMPLATE}")
    return article_id, named["revision"][0] if named else None


def _url(revision: Revision) -> str:
    return revision.article.url or article_uri(revision.article.id, revision=revision.sha256)
