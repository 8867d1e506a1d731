"""Reads Markdown: the raw body is the article's text, front matter says what it is."""

from collections.abc import Iterator
from typing import BinaryIO

from corpus.article import Article
from corpus.boilerplate import mark_boilerplate
from corpus.errors import UnreadableArticle
from corpus.readers.decode import read_text_file
from corpus.readers.fields import make_article, one_line
from corpus.readers.front_matter import read_front_matter
from corpus.readers.source import Source, one_article


def read_markdown(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article: the Markdown after the front matter as it stands, less leading blank lines.

    Its title is the front matter's, else the first `# ` heading, else the default id.
    """
    return one_article(lambda: _read(stream, source))


def _read(stream: BinaryIO, source: Source) -> Article:
    content = read_text_file(stream, source=source)
    front, start = read_front_matter(content, source=source)
    text = _without_leading_blank_lines(content[start:])
    title = one_line(front.title) or _first_heading(text) or source.default_id
    return make_article(
        source,
        id=front.id if front.id is not None else source.default_id,
        text=text,
        title=title,
        publisher=front.publisher,
        published_at=front.published_at,
        published_at_inferred=front.published_at_inferred,
        author=front.author,
        url=front.url,
        skipped=mark_boilerplate(text, title=title),
    )


def _without_leading_blank_lines(body: str) -> str:
    indented = len(body) - len(body.lstrip())
    return body[body.rfind("\n", 0, indented) + 1 :]


def _first_heading(text: str) -> str | None:
    fenced = False
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif line.startswith("# ") and not fenced:
            return one_line(line.strip("# \t"))
    return None
