"""The article that a request's body describes."""

from dataclasses import replace
from io import BytesIO

from corpus.article import Article, Skip, Span
from corpus.boilerplate import mark_boilerplate
from corpus.errors import UnreadableArticle
from corpus.readers.choose import reader_for_format
from corpus.readers.fields import headline
from corpus.readers.source import Source
from service.schemas.fields import SkippedPart
from service.schemas.requests import ArticleIn

_BODY = "request body"


def article_of(article_id: str, body: ArticleIn) -> Article:
    """The article as it will be stored. What the body states overrides what its text says of itself.

    Raises UnreadableArticle, naming the field.
    """
    try:
        return _described(_read(article_id, body), body)
    except ValueError as error:
        field, _, reason = str(error).partition(": ")
        raise UnreadableArticle(reason, source=_BODY, field=field) from error


def _read(article_id: str, body: ArticleIn) -> Article:
    if body.format == "text":
        # taken as it stands, line ends and all, so that the client's own positions hold
        title = body.title or headline(body.text.lstrip().split("\n", 1)[0]) or article_id
        return Article(article_id, body.text, title, skipped=mark_boilerplate(body.text, title=title))
    source = Source(name=_BODY, default_id=article_id)
    item = next(reader_for_format(body.format)(BytesIO(body.text.encode()), source=source))
    if isinstance(item, UnreadableArticle):
        raise item
    return replace(item, id=article_id)


def _described(article: Article, body: ArticleIn) -> Article:
    stated = {
        name: value
        for name in ("title", "publisher", "published_at", "author", "url")
        if (value := getattr(body, name)) is not None
    }
    if body.published_at is not None:
        stated["published_at_inferred"] = body.published_at_inferred
    if body.skipped is not None:
        stated["skipped"] = tuple(_skip(skip) for skip in body.skipped)
    return replace(article, **stated)


def _skip(skip: SkippedPart) -> Skip:
    try:
        return Skip(Span(skip.start, skip.end), skip.reason)
    except ValueError as error:
        raise ValueError(f"skipped: {error}") from error
