"""What rows of the database stand for: the columns that are asked for, and the values made of them, once checked."""

import json
from datetime import date
from typing import Any

from corpus.article import Article, Revision, Skip, SkipReason, Span
from corpus.library.records import PassageRow
from corpus.library.rows.checksums import PASSAGE_COLUMNS, REVISION_COLUMNS, RowDamaged, row_checksum

ARTICLE = f"{REVISION_COLUMNS}, r.checksum, r.text"
CURRENT = "EXISTS (SELECT 1 FROM articles c WHERE c.article_id = r.article_id AND c.revision_id = r.revision_id)"
DESCRIBED = f"{REVISION_COLUMNS}, r.checksum"
# substr counts code points from 1 in TEXT, so it slices exactly as Python does
PASSAGE = f"""{PASSAGE_COLUMNS}, p.checksum, {DESCRIBED}, substr(r.text, p.start + 1, p."end" - p.start)"""
_OF_PASSAGE, _OF_REVISION = 7, 10
"""How many columns the checksum of each is of; it follows them."""


def revision_of(row: tuple[Any, ...]) -> Revision:
    """From the columns of ARTICLE and CURRENT; the text is not compared with its name. Raises RowDamaged."""
    described = check_revision(row)
    skipped = tuple(Skip(Span(start, end), SkipReason(reason)) for start, end, reason in json.loads(described[9]))
    try:
        article = Article(
            id=described[0],
            title=described[2],
            publisher=described[3],
            published_at=date_of(described[4]),
            published_at_inferred=bool(described[5]),
            author=described[6],
            url=described[7],
            skipped=skipped,
            text=row[_OF_REVISION + 1],
        )
    except ValueError as error:
        raise RowDamaged(f"the text of revision {described[1]} of {described[0]} cannot be: {error}") from error
    return Revision(article=article, sha256=described[1], current=bool(row[_OF_REVISION + 2]))


def passage_of(row: tuple[Any, ...]) -> PassageRow:
    """From the columns of PASSAGE; the words are not compared with their revision's name. Raises RowDamaged."""
    held = check_passage(row)
    described = check_revision(row[_OF_PASSAGE + 1 :])
    return PassageRow(
        passage_id=held[0],
        article_id=described[0],
        revision=described[1],
        span=Span(held[2], held[3]),
        text=row[_OF_PASSAGE + 1 + _OF_REVISION + 1],
        title=described[2],
        publisher=described[3],
        published_at=date_of(described[4]),
        url=described[7],
        searchable=held[4] is None,
    )


def check_passage(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The columns of a passage, without the checksum that follows them. Raises RowDamaged."""
    if row_checksum(row[:_OF_PASSAGE]) != row[_OF_PASSAGE]:
        raise RowDamaged(f"the row of passage {row[0]} is damaged")
    return row[:_OF_PASSAGE]


def date_of(value: str | None) -> date | None:
    """Dates are stored as ISO 8601 has them."""
    return None if value is None else date.fromisoformat(value)


def check_revision(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The columns of a revision, without the checksum that follows them. Raises RowDamaged."""
    if row_checksum(row[:_OF_REVISION]) != row[_OF_REVISION]:
        raise RowDamaged(f"the description of revision {row[1]} of {row[0]} is damaged")
    return row[:_OF_REVISION]
