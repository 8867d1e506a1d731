"""Small articles, passages and vectors for the tests of the library: every word is a passage."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np

from corpus.article import Article, Skip, SkipReason, Span
from corpus.library.database import Database
from corpus.library.identity import Identity
from corpus.library.reading import Library
from corpus.library.records import Incoming, PieceCodes, PutResult, Vectors
from corpus.library.writing import make_library, writing

DIM = 4
Home = TypeVar("Home", bound=Path | Database)
IDENTITY = Identity(
    encoder_name="words", encoder_sha256="ab" * 32, dim=DIM, max_pieces=64, max_tokens=40, overlap_tokens=10
)


HARBOUR = Article(
    id="harbour",
    text="The harbour 😀 reopened.\n\nCranes were checked.",
    title="Harbour reopens",
    publisher="The Tide",
    published_at=date(2019, 3, 4),
    published_at_inferred=True,
    author="A. Writer",
    url="https://example.org/harbour",
    skipped=(Skip(Span(0, 3), SkipReason.LINKS),),
)
LATER = replace(HARBOUR, text="The harbour closed again.", skipped=())
OPEN: list[Library] = []
"""What the fixture `home` closes."""

Place = Path | Database
"""Of a library: SQLite's in a folder, or any other."""


def new_library(home: Home) -> Home:
    make_library(home, IDENTITY, wait_seconds=5)
    return home


def word_spans(text: str) -> tuple[Span, ...]:
    return tuple(Span(*match.span()) for match in re.finditer(r"\S+", text))


def vectors_of(article: Article, spans: Sequence[Span]) -> Vectors:
    """Four numbers a passage that half precision holds exactly, different for different words and titles."""
    rows = [[len(article.title), len(span.of(article.text)), span.start % 512, span.end % 512] for span in spans]
    return np.array(rows, np.float16).reshape(len(spans), DIM)


def pieces_of(spans: Sequence[Span]) -> tuple[PieceCodes, ...]:
    """Bytes that tell the spans apart; the library keeps them without knowing what they mean."""
    return tuple(PieceCodes(codes=b"c%d" % span.start, places=b"p%d" % span.end) for span in spans)


def incoming(article: Article, *, origin: str | None = None) -> Incoming:
    spans = word_spans(article.text)
    return Incoming(article, spans, vectors_of(article, spans), pieces_of(spans), origin)


def put(home: Place, *articles: Article, origin: str | None = None) -> list[PutResult]:
    """Stores the articles in one commit."""
    with writing(home, wait_seconds=5) as writer:
        return [writer.put(incoming(article, origin=origin)) for article in articles]


def remove(home: Place, article_id: str) -> None:
    with writing(home, wait_seconds=5) as writer:
        writer.remove(article_id)


def opened(home: Place) -> Library:
    """Closed after the test."""
    OPEN.append(Library(home))
    return OPEN[-1]


def ids_of(home: Place, article_id: str) -> list[int]:
    with opened(home).snapshot() as snapshot:
        return [row.passage_id for row in snapshot.passages_of(article_id)]
