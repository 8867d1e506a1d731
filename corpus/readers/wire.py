"""What two processes of this program tell each other when one reads for the other: JSON, an object a line."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import UnreadableArticle
from corpus.readers.reading import Item
from corpus.readers.source import Source


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be read. The open file comes beside it."""

    format_name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Progress:
    """So many bytes of the file were read, and there is an article, an error, or neither yet."""

    read: int
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more comes of the file."""

    whole: bool
    """Whether it was read to its end; false after an error that broke the reader off."""
    leaving: bool
    """Whether the process ends now, as it has read or grown enough."""


Told = Progress | Done


def order_line(order: Order) -> bytes:
    """An order as a line."""
    return _line(asdict(order))


def to_order(line: bytes) -> Order:
    """The order of a line."""
    said = json.loads(line)
    return Order(said["format_name"], Source(**said["source"]))


def told_line(told: Told) -> bytes:
    """What a reading process tells, as a line."""
    if isinstance(told, Done):
        return _line({"whole": told.whole, "leaving": told.leaving})
    if told.item is None:
        return _line({"read": told.read})
    if isinstance(told.item, UnreadableArticle):
        error = told.item
        return _line({"read": told.read, "error": [error.reason, error.source, error.line, error.field]})
    return _line({"read": told.read, "article": _fields(told.item)})


def to_told(line: bytes) -> Told:
    """What a line tells. ValueError if it is none of ours."""
    try:
        said = json.loads(line.decode("utf-8", "surrogatepass"))
        if "whole" in said:
            return Done(said["whole"], said["leaving"])
        if "error" in said:
            reason, source, number, field = said["error"]
            return Progress(said["read"], UnreadableArticle(reason, source=source, line=number, field=field))
        return Progress(said["read"], _article(said["article"]) if "article" in said else None)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"this is no line of a reading process: {error!r}") from error


def _line(value: object) -> bytes:
    # names of files need not be UTF-8, and errors name them
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _fields(article: Article) -> dict[str, object]:
    return {
        "id": article.id,
        "text": article.text,
        "title": article.title,
        "publisher": article.publisher,
        "published_at": article.published_at and article.published_at.isoformat(),
        "published_at_inferred": article.published_at_inferred,
        "author": article.author,
        "url": article.url,
        "skipped": [[skip.span.start, skip.span.end, skip.reason] for skip in article.skipped],
    }


def _article(fields: dict[str, Any]) -> Article:
    day, skipped = fields.pop("published_at"), fields.pop("skipped")
    return Article(
        **fields,
        published_at=date.fromisoformat(day) if day else None,
        skipped=tuple(Skip(Span(start, end), SkipReason(reason)) for start, end, reason in skipped),
    )
