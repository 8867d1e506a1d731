"""Reads HTML pages: trafilatura finds the main text and what the page says about itself."""

import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from corpus.article import Article
from corpus.boilerplate import mark_boilerplate
from corpus.errors import FieldError, UnreadableArticle
from corpus.readers.charset import decode_html
from corpus.readers.decode import read_bytes, refuse_binary, with_plain_line_ends
from corpus.readers.fields import calendar_date, headline_of, make_article, one_line
from corpus.readers.source import Source, one_article

if TYPE_CHECKING:
    from trafilatura.settings import Document

_XML_DECLARATION = re.compile(r"\s{0,100}<\?xml[^>]{0,200}\?>")
_STATED_DATES = {"original_date": True, "extensive_search": False}
"""The date a page states for its first publication, never one worked out from its words."""

logging.getLogger("trafilatura").addHandler(logging.NullHandler())  # what it finds wrong is raised, not printed


def read_html(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article: the main text, a paragraph a line, without markup; nothing is fetched or run.

    The publisher is the name the site gives itself, the URL its canonical one. Without a title the article gets its
    first line if that looks like a headline, else the default id.
    """
    return one_article(lambda: page_article(read_bytes(stream, source=source), source=source, id=source.default_id))


def page_article(
    page: bytes,
    *,
    source: Source,
    id: str,  # noqa: A002 - the field's name
    charset: str | None = None,
    url: str | None = None,
) -> Article:
    """The article of a page; `charset` is what its server said of it, `url` where it was found.

    Raises UnreadableArticle.
    """
    html = with_plain_line_ends(decode_html(page, source=source, charset=charset))
    refuse_binary(html.encode(errors="surrogatepass"), source=source)
    document = _extract(html[_end_of_declaration(html) :], source)
    text = document.text or ""
    if not text.strip():
        raise UnreadableArticle("no main text was found in this page", source=source.name)
    title = one_line(document.title) or headline_of(text) or id
    canonical = document.url if (document.url or "").startswith(("https://", "http://")) else None
    return make_article(
        source,
        id=id,
        text=text,
        title=title,
        publisher=document.sitename,
        published_at=_date(document.date),
        author=document.author,
        url=url or canonical,
        skipped=mark_boilerplate(text, title=title),
    )


def _end_of_declaration(page: str) -> int:
    """Where the page begins after an XML declaration, whose encoding no longer holds for decoded text."""
    match = _XML_DECLARATION.match(page)
    return match.end() if match else 0


def _extract(page: str, source: Source) -> "Document":
    # 0.15 s of imports that a process which reads no HTML, such as one that only serves, does without
    import trafilatura  # noqa: PLC0415
    from trafilatura.settings import Document  # noqa: PLC0415

    try:
        document = trafilatura.bare_extraction(
            page, with_metadata=True, include_comments=False, favor_recall=True, date_extraction_params=_STATED_DATES
        )
    except MemoryError:
        raise
    except Exception as error:  # a hostile page can trip any part of three parsing libraries
        raise UnreadableArticle(
            f"this page could not be parsed ({type(error).__name__})", source=source.name
        ) from error
    if not isinstance(document, Document):
        raise UnreadableArticle("no main text was found in this page", source=source.name)
    return document


def _date(stated: str | None) -> date | None:
    try:
        return calendar_date(stated, field="published_at") if stated else None
    except FieldError:  # what the page states is no date, so it states none
        return None
