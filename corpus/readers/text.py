"""Reads plain text: the whole decoded file is the article, so that its positions are the file's."""

from collections.abc import Iterator
from typing import BinaryIO

from corpus.article import Article
from corpus.boilerplate import mark_boilerplate
from corpus.errors import UnreadableArticle
from corpus.readers.decode import read_text_file
from corpus.readers.fields import headline_of, make_article
from corpus.readers.source import Source, one_article


def read_text(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article; its title is the first line that is not empty if that looks like a headline, else the default id."""
    return one_article(lambda: _read(stream, source))


def _read(stream: BinaryIO, source: Source) -> Article:
    text = read_text_file(stream, source=source)
    title = headline_of(text) or source.default_id
    return make_article(
        source, id=source.default_id, text=text, title=title, skipped=mark_boilerplate(text, title=title)
    )
