"""What rows of the database stand for: the columns that are asked for, and the values made of them."""

import json
from datetime import date

from corpus.article import Article, Skip, SkipReason, Span
from corpus.library.records import PassageRow

ARTICLE = """r.article_id, r.title, r.publisher, r.published_at, r.published_at_inferred, r.author, r.url,
              r.skipped, r.text, r.sha256"""
CURRENT = "EXISTS (SELECT 1 FROM articles c WHERE c.article_id = r.article_id AND c.revision_id = r.revision_id)"
# substr counts code points from 1 in TEXT, so it slices exactly as Python does
PASSAGE = """p.passage_id, r.article_id, r.sha256, p.start, p."end", substr(r.text, p.start + 1, p."end" - p.start),
              r.title, r.publisher, r.published_at, r.url, p.retired_in IS NULL"""


def article_of(row: tuple[str, ...]) -> Article:
    """From the columns of ARTICLE."""
    skipped = tuple(Skip(Span(start, end), SkipReason(reason)) for start, end, reason in json.loads(row[7]))
    return Article(
        id=row[0],
        title=row[1],
        publisher=row[2],
        published_at=date_of(row[3]),
        published_at_inferred=bool(row[4]),
        author=row[5],
        url=row[6],
        skipped=skipped,
        text=row[8],
    )


def passage_of(row: tuple[int, str, str, int, int, str, str, str | None, str | None, str | None, int]) -> PassageRow:
    """From the columns of PASSAGE."""
    return PassageRow(
        passage_id=row[0],
        article_id=row[1],
        revision=row[2],
        span=Span(row[3], row[4]),
        text=row[5],
        title=row[6],
        publisher=row[7],
        published_at=date_of(row[8]),
        url=row[9],
        searchable=bool(row[10]),
    )


def date_of(value: str | None) -> date | None:
    """Dates are stored as ISO 8601 has them."""
    return None if value is None else date.fromisoformat(value)
