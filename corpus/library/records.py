"""What the library takes in and gives out besides articles."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Span
from corpus.library.conditions import Condition

Vectors = NDArray[np.float16]
"""One row a passage, unit length: shape (passages, dim). Half precision is how vectors are stored."""


@dataclass(frozen=True, slots=True)
class PieceCodes:
    """A passage's word pieces as the index layer encodes them; the library keeps them as they are."""

    codes: bytes
    places: bytes


class PutResult(StrEnum):
    """What storing an article did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with what a citation needs to say about its article."""

    passage_id: int
    article_id: str
    revision: str
    span: Span
    text: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    searchable: bool
    """False once its revision was replaced or its article removed."""


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Searchable passages in order of id, with what the indexes are built from."""

    ids: NDArray[np.int64]
    vectors: Vectors
    titles: list[str]
    texts: list[str]


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """One line of a listing."""

    id: str
    revision: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    passages: int


@dataclass(frozen=True, slots=True)
class PublisherCount:
    """A publisher and how many of the current articles are its."""

    name: str
    """As stored, which is how a filter names it."""
    articles: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions an article must meet; every one that is given. Empty tuples mean no condition."""

    published_from: date | None = None
    """First day, inclusive; articles without a date do not meet a date condition."""
    published_to: date | None = None
    """Last day, inclusive."""
    publishers: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    condition: Condition | None = None
    """Any other condition, on the passages or their articles."""

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a library holds."""

    articles: int
    revisions: int
    passages: int
    """Searchable ones."""
    retired: int
    """Passages of former revisions and removed articles; kept so that old citations can be checked."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article ready to be stored: its passages with their vectors and word pieces, row for row."""

    article: Article
    spans: tuple[Span, ...]
    vectors: Vectors
    pieces: tuple[PieceCodes, ...]
    origin: str | None = None
    """The file it was read from, if there was one."""
