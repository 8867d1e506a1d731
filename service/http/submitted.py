"""The article that a request's body describes."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from corpus.article import Article, Skip, Span, check_repeated
from corpus.boilerplate import mark_boilerplate
from corpus.errors import FieldError, UnreadableArticle
from corpus.readers.fields import headline_of, one_line
from corpus.readers.reading import Reading
from corpus.readers.source import Source
from service.schemas.fields import SkippedPart
from service.schemas.requests import ArticleIn

_BODY = "request body"


def article_of(article_id: str, body: ArticleIn, *, reading: Reading) -> Article:
    """The article as it will be stored. What the body states overrides what its text says of itself.

    `reading` reads what has to be parsed. Raises UnreadableArticle, naming the field, and what `reading` raises.
    """
    try:
        return _described(_read(article_id, body, reading), body)
    except FieldError as error:
        raise UnreadableArticle(error.reason, source=_BODY, field=error.field) from error


def _read(article_id: str, body: ArticleIn, reading: Reading) -> Article:
    if body.format == "text":
        # taken as it stands, line ends and all, so that the client's own positions hold
        title = one_line(body.title) or headline_of(body.text) or article_id
        return Article(article_id, body.text, title, skipped=mark_boilerplate(body.text, title=title))
    source = Source(name=_BODY, default_id=article_id)
    ((item, _),) = reading(BytesIO(body.text.encode()), format_name=body.format, source=source)
    if isinstance(item, UnreadableArticle):
        raise item
    return replace(item, id=article_id)


def _described(article: Article, body: ArticleIn) -> Article:
    stated: dict[str, Any] = {
        name: one_line(value) for name in ("publisher", "author", "url") if (value := getattr(body, name)) is not None
    }
    if body.title is not None:
        # one without a word is refused, as no article has an empty title
        stated["title"] = one_line(body.title) or ""
    if body.published_at is not None:
        stated["published_at"] = body.published_at
        stated["published_at_inferred"] = body.published_at_inferred
    if body.skipped is not None:
        stated["skipped"] = tuple(_skip(skip) for skip in body.skipped)
    described = replace(article, **stated)
    check_repeated(described)
    return described


def _skip(skip: SkippedPart) -> Skip:
    try:
        return Skip(Span(skip.start, skip.end), skip.reason)
    except ValueError as error:
        raise FieldError("skipped", str(error)) from error
