"""Findings of the doctor by the names of their checks, and the damage that they are of."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from corpus.article import Article, Skip, SkipReason, Span
from corpus.library.rows.checksums import seal
from corpus.library.sqlite import schema
from service.compose import Parts
from service.doctor.finding import Finding
from service.doctor.keys import examine_keys
from service.doctor.library import examine_library
from tests.fakes import WordEncoder, fake_parts, fake_settings

HASHES = "a revision's name is its text's SHA-256"
ROWS = "every row is what was written"
QUOTES = "a passage is exactly text[start:end]"
COVERED = "the text is covered, skipped parts are not"
OPENS = "the indexes open"
LIBRARY_OPENS = "the library opens"
VECTORS = "what is stored is what the encoder makes of its passage"
SOUND = "the database is sound"
BY_VECTOR = "a stored passage is found by its vector"
BY_WORDS = "a stored passage is found by its words"
STALE = "nothing taken out is found"
KEYS_SOUND = "the file of API keys opens and is sound"
KEY_ROWS = "every key's row is as it was made"
ENTRY = "a service would start, and let the right ones in"

TEXT = "\n\n".join(
    f"On day {day} the council of Salthaven met in hall {day * 7}. It heard witness number {day * 11} about the crane."
    for day in range(1, 9)
)
ADVERT = "Sign up for our newsletter today."
ARTICLES = (
    Article(id="council", title="Council meets", text=TEXT, publisher="Courier", published_at=date(2024, 1, 16)),
    Article(
        id="ferry",
        title="Ferry sinks",
        text=f"The ferry sank on Monday. 😀\n\n{ADVERT}\n\nNobody was hurt.",
        skipped=(Skip(Span(29, 29 + len(ADVERT)), SkipReason.SHARING),),
    ),
)


def by_check(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def wrong(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """The problems of the checks that found any; each of these says what to do."""
    found = [finding for finding in findings if not finding.sound]
    assert all(finding.remedy for finding in found)
    return {finding.check: finding.problems for finding in found}


@contextmanager
def opened_parts(home: Path, *, max_tokens: int = 40, encoder: WordEncoder | None = None) -> Iterator[Parts]:
    parts = fake_parts(home, encoder=encoder, max_tokens=max_tokens, overlap_tokens=8)
    try:
        yield parts
    finally:
        parts.close()


def examined(home: Path, *, max_tokens: int = 40, encoder: WordEncoder | None = None) -> dict[str, Finding]:
    """Every finding by the name of its check."""
    with opened_parts(home, max_tokens=max_tokens, encoder=encoder) as parts:
        return {finding.check: finding for finding in examine_library(parts)}


def broken(home: Path, *, encoder: WordEncoder | None = None) -> dict[str, tuple[str, ...]]:
    """What is wrong with the library."""
    return wrong(examined(home, encoder=encoder).values())


def damage(home: Path, *statements: str, sealed: bool = True) -> None:
    """Changes the database behind the library's back; `sealed` as if the rows had been written like this."""
    with closing(sqlite3.connect(schema.database(home))) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, f"nothing was damaged: {statement}"
        if sealed:
            seal(connection)


def resplit(home: Path) -> None:
    """What `byline rebuild --resplit` does."""
    with opened_parts(home) as parts:
        assert list(parts.reingester.resplit())
        parts.rebuild()


def passages_of_council(home: Path) -> list[int]:
    with opened_parts(home) as parts, parts.library.snapshot() as snapshot:
        return [row.passage_id for row in snapshot.passages_of("council")]


def keys(home: Path, **changes: object) -> list[Finding]:
    return list(examine_keys(fake_settings(home, **changes)))


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount != 0, f"nothing was changed: {statement}"
