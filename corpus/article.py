"""The values of this layer: a Span of text, an Article as read, and a Revision of it as stored."""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from corpus.errors import FieldError

MAX_ID_LENGTH = 200
"""Code points in an article id; ids appear in URLs and file listings."""
MAX_REPEATED_LENGTH = 5000
"""Code points in a title, publisher or url: each passage that is found repeats them, a hundred times in one reply."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points, `text[start:end]`. Never empty."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}:{self.end}")

    def of(self, text: str) -> str:
        """The words this span stands for; ValueError if it reaches beyond the text."""
        if self.end > len(text):
            raise ValueError(f"span {self.start}:{self.end} reaches beyond a text of {len(text)} code points")
        return text[self.start : self.end]

    def overlap(self, other: "Span") -> int:
        """How many code points both spans share."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


class SkipReason(StrEnum):
    """Why a part of a page scrape is not reporting."""

    APPEAL = "appeal"
    """A request for donations, subscriptions or support."""
    CAPTION = "caption"
    """A caption printed a second time; the first printing is kept."""
    COMMENTS = "comments"
    """Readers' comments and invitations to write some."""
    COOKIES = "cookies"
    """Cookie and privacy notices."""
    CREDIT = "credit"
    """A photo or agency credit standing alone."""
    LINKS = "links"
    """Lists of links to other articles, sections or videos."""
    SHARING = "sharing"
    """Sharing, newsletter and app prompts."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A part of an article's text that is stored but gets no passage."""

    span: Span
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a reader produced it. `text` is stored as it stands here and never rewritten.

    Raises FieldError for an id or text that cannot be stored.
    """

    id: str
    text: str
    title: str
    publisher: str | None = None
    published_at: date | None = None
    published_at_inferred: bool = False
    """True when the date was worked out from the text rather than stated by the source."""
    author: str | None = None
    url: str | None = None
    skipped: tuple[Skip, ...] = ()
    """In the order of the text, not overlapping."""

    def __post_init__(self) -> None:
        check_id(self.id)
        for name in ("text", "title", "publisher", "author", "url"):
            reason = why_unstorable(getattr(self, name) or "")
            if reason is not None:
                raise FieldError(name, reason)
        if not self.text.strip():
            raise FieldError("text", "it is empty")
        if not self.title.strip():
            raise FieldError("title", "it is empty")
        last = 0
        for skip in self.skipped:
            if skip.span.start < last or skip.span.end > len(self.text):
                where = f"{skip.span.start}:{skip.span.end}"
                raise FieldError("skipped", f"{where} leaves the text, or begins before the end of the one ahead of it")
            last = skip.span.end

    @property
    def revision(self) -> str:
        """The name of this state of the article."""
        return revision_name(self.text)


@dataclass(frozen=True, slots=True)
class Revision:
    """An article as the library holds it, current or not."""

    article: Article
    sha256: str
    current: bool
    """False once a later revision replaced it or the article was removed; it stays readable."""


def revision_name(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


_HIDDEN = {
    "Cc": "a control character",
    "Cf": "a character that does not show",
    "Cs": "half a character (of a name that is not UTF-8)",
    "Co": "a character of private use",
    "Cn": "a character that Unicode does not have",
}


def check_id(article_id: str) -> None:
    """FieldError unless the id can stand in a URL path and a terminal: short, printable, no slash."""
    if not article_id or article_id != article_id.strip():
        raise FieldError("id", "it is empty or begins or ends with white space")
    if len(article_id) > MAX_ID_LENGTH:
        raise FieldError("id", f"it has {len(article_id)} characters, at most {MAX_ID_LENGTH} are allowed")
    if article_id in {".", ".."}:
        raise FieldError("id", "it is a relative path")
    for position, character in enumerate(article_id):
        kind = "a slash" if character in "/\\" else _HIDDEN.get(unicodedata.category(character))
        if kind is not None:
            raise FieldError("id", f"it holds {kind} at {position}, U+{ord(character):04X}")


def check_repeated(article: Article) -> None:
    """FieldError for a title, publisher or url that is too long.

    For what comes in: stored articles are read whatever they have.
    """
    for name in ("title", "publisher", "url"):
        length = len(getattr(article, name) or "")
        if length > MAX_REPEATED_LENGTH:
            raise FieldError(name, f"it has {length:,} characters, at most {MAX_REPEATED_LENGTH:,} are allowed")


def why_unstorable(text: str) -> str | None:
    """What of a text SQLite or UTF-8 cannot hold faithfully, NUL and lone surrogates; None where there is neither."""
    if "\x00" in text:
        return f"it holds a NUL character at {text.index(chr(0))}"
    position = lone_surrogate(text)
    return None if position is None else f"it holds a lone surrogate at {position}"


def is_text(value: str) -> bool:
    """Whether the string is Unicode text, without lone surrogates such as names of files that are not UTF-8 have."""
    return lone_surrogate(value) is None


def lone_surrogate(value: str) -> int | None:
    """Where the first one is; None where there is none."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None
