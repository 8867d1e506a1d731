"""What programs get back of a passage: by itself, in a ranking, and with why it ranked there."""

from datetime import date

from pydantic import Field

from corpus.library.records import PassageRow
from service.core.values import Evidence, Hit, Place
from service.schemas.fields import Exact

PLACES = 4
"""Decimal places of scores; further ones are rounding noise."""


class PassageOut(Exact):
    """A passage. Positions are code points of the revision's text, half-open."""

    passage_id: int
    article_id: str
    revision: str
    start: int
    end: int
    text: str
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None
    score: float | None = Field(description="Comparable within one result only; null outside a ranking.")

    @classmethod
    def of(cls, row: PassageRow, *, score: float | None) -> "PassageOut":
        """From the core's value."""
        return cls(
            passage_id=row.passage_id,
            article_id=row.article_id,
            revision=row.revision,
            start=row.span.start,
            end=row.span.end,
            text=row.text,
            title=row.title,
            publisher=row.publisher,
            published_at=row.published_at,
            url=row.url,
            score=None if score is None else round(score, PLACES),
        )


class CopyOut(Exact):
    """Where a near copy of a passage stands."""

    passage_id: int
    article_id: str
    revision: str
    start: int
    end: int
    title: str
    publisher: str | None
    published_at: date | None
    url: str | None

    @classmethod
    def of(cls, row: PassageRow) -> "CopyOut":
        """From the core's value."""
        return cls(
            passage_id=row.passage_id,
            article_id=row.article_id,
            revision=row.revision,
            start=row.span.start,
            end=row.span.end,
            title=row.title,
            publisher=row.publisher,
            published_at=row.published_at,
            url=row.url,
        )


class PlaceOut(Exact):
    """A place in a ranking, 1 for the best."""

    rank: int
    score: float

    @classmethod
    def of(cls, place: Place | None) -> "PlaceOut | None":
        """From the core's value."""
        return None if place is None else cls(rank=place.rank, score=round(place.score, PLACES))


class EvidenceOut(Exact):
    """Why a passage ranked where it did."""

    vector: PlaceOut | None = Field(description="Among the nearest by meaning, by cosine; null outside of them.")
    words: PlaceOut | None = Field(description="Among those that share words, by BM25; null outside of them.")
    fused: float = Field(description="Score of both together, 0 to 1, by which the best are chosen for re-ranking.")
    likeness: float | None = Field(
        description="By late interaction over word pieces, or the reranker; null for one that was not among the best."
    )
    matched: list[str] = Field(description="Words of the question that the passage or its title has.")

    @classmethod
    def of(cls, evidence: Evidence) -> "EvidenceOut":
        """From the core's value."""
        return cls(
            vector=PlaceOut.of(evidence.vector),
            words=PlaceOut.of(evidence.words),
            fused=round(evidence.fused, PLACES),
            likeness=None if evidence.likeness is None else round(evidence.likeness, PLACES),
            matched=list(evidence.matched),
        )


class HitOut(PassageOut):
    """A passage of a result."""

    also_in: list[CopyOut] = Field(description="Near copies of it, which have no place of their own in the result.")
    evidence: EvidenceOut | None = Field(
        None, description="With `explain` only.", exclude_if=lambda value: value is None
    )

    @classmethod
    def of_hit(cls, hit: Hit) -> "HitOut":
        """From the core's value."""
        shown = PassageOut.of(hit.passage, score=hit.score).model_dump()
        evidence = None if hit.evidence is None else EvidenceOut.of(hit.evidence)
        return cls(**shown, also_in=[CopyOut.of(row) for row in hit.also_in], evidence=evidence)


class PassageDetail(PassageOut):
    """A passage asked for by id."""

    searchable: bool = Field(description="False once its revision was replaced or its article removed.")

    @classmethod
    def of_row(cls, row: PassageRow) -> "PassageDetail":
        """From the core's value."""
        return cls(**PassageOut.of(row, score=None).model_dump(), searchable=row.searchable)


class SearchOut(Exact):
    """The outcome of a search, best first."""

    passages: list[HitOut]


def passages_out(hits: tuple[Hit, ...]) -> list[HitOut]:
    """Ranked passages."""
    return [HitOut.of_hit(hit) for hit in hits]
