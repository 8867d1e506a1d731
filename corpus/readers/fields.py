"""Checks that turn what a file says about an article into an Article, naming the field that is wrong."""

import re
import unicodedata
from datetime import date, datetime

from corpus.article import Article, Skip, check_repeated
from corpus.errors import FieldError, UnreadableArticle
from corpus.readers.source import Source

HEADLINE_CHARACTERS = 200
HEADLINE_WORDS = 30
_LONGEST_LINE = 10_000
"""Characters beyond which a line is not looked at: white space is most of one that is a headline all the same."""
TITLE_WORDS = 10
"""Words of the text that stand in for a missing title."""

MAX_WORD_CHARACTERS = 1_000_000
"""Without white space between them: a picture in a Markdown file can be as long; what is longer is no text."""
_WORD = re.compile(r"\S+")
_KEPT = "\u200c\u200d\x00"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def calendar_date(value: str, *, field: str) -> date:
    """The date of an ISO 8601 date or date and time, as written there: no time zone is applied."""
    written = value.strip()
    if _ISO_DATE.match(written):
        try:
            return date.fromisoformat(written) if len(written) == len("2018-12-01") else _date_of(written)
        except ValueError:
            pass
    raise FieldError(field, f"'{_short(value)}' is not a date (expected like 2018-12-01)")


def _date_of(written: str) -> date:
    return datetime.fromisoformat(written).date()


def one_line(value: str | None) -> str | None:
    """`value` with single spaces and without control characters, or None if it holds no word.

    For what is shown without its article, such as a title: it must not turn the direction of what stands beside it,
    hold letters that nobody sees, or look like lines of its own. The joiners that some scripts are spelt with stay, and
    so does NUL, which makes an article unreadable.
    """
    return " ".join(_without_controls(value).split()) or None if value else None


def _without_controls(value: str) -> str:
    if value.isprintable():
        return value
    return "".join(c for c in value if c.isspace() or c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf"})


def headline_of(text: str) -> str | None:
    """The first line with a word as a title, if it looks like a headline: short, and no full stop at its end."""
    line = text.lstrip().split("\n", 1)[0]
    title = (one_line(line) if len(line) <= _LONGEST_LINE else None) or ""
    short = len(title) <= HEADLINE_CHARACTERS and title.count(" ") < HEADLINE_WORDS
    return title if title and short and not title.rstrip("\"”\u2019')").endswith((".", ":", ",", ";")) else None


def first_words(text: str) -> str | None:
    """The beginning of the text as a title, or None if there is none."""
    words = text[: TITLE_WORDS * HEADLINE_CHARACTERS].split(maxsplit=TITLE_WORDS)
    title = (one_line(" ".join(words[:TITLE_WORDS])) or "")[:HEADLINE_CHARACTERS].strip()
    return f"{title} …" if title and len(words) > TITLE_WORDS else title or None


def make_article(
    source: Source,
    *,
    id: str,  # noqa: A002 - the field's name
    text: str,
    title: str,
    line: int | None = None,
    publisher: str | None = None,
    published_at: date | None = None,
    published_at_inferred: bool = False,
    author: str | None = None,
    url: str | None = None,
    skipped: tuple[Skip, ...] = (),
) -> Article:
    """An Article. Raises UnreadableArticle for a word that is none, and naming a field that an Article may not have."""
    longest = _longest_word(text)
    if longest > MAX_WORD_CHARACTERS:
        reason = f"it holds a word of {longest:,} characters, at most {MAX_WORD_CHARACTERS:,} are read"
        raise UnreadableArticle(reason, source=source.name, line=line)
    try:
        article = Article(
            id=id,
            text=text,
            title=title,
            publisher=one_line(publisher),
            published_at=published_at,
            published_at_inferred=published_at_inferred,
            author=one_line(author),
            url=one_line(url),
            skipped=skipped,
        )
        check_repeated(article)
    except FieldError as error:
        raise UnreadableArticle(error.reason, source=source.name, line=line, field=error.field) from error
    return article


def _longest_word(text: str) -> int:
    """Of a text that can have too long a one, in characters; of others 0."""
    if len(text) <= MAX_WORD_CHARACTERS:
        return 0
    return max((word.end() - word.start() for word in _WORD.finditer(text)), default=0)


def _short(value: str) -> str:
    shown = value if len(value) <= 40 else value[:40] + "…"  # noqa: PLR2004 - enough to recognise it in the file
    # half a character could be written nowhere
    return shown.encode(errors="backslashreplace").decode()
