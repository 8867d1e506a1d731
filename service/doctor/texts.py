"""Promise 1: a revision is its hash, a passage is its span of it, and what is not skipped is in one."""

from collections.abc import Iterator, Sequence

import numpy as np

from corpus.article import Revision, Span
from corpus.library.snapshot import Snapshot
from service.doctor.finding import Finding
from service.doctor.remedies import AGAIN, RESPLIT, RESTORE


def examine_texts(snapshot: Snapshot) -> Iterator[Finding]:
    """Every revision, and every passage of the current ones."""
    revisions, passages, characters = 0, 0, 0
    hashes, quotes, uncovered = list[str](), list[str](), list[str]()
    for revision in snapshot.revisions():
        article = revision.article
        revisions += 1
        if article.revision != revision.sha256:
            hashes.append(f"{article.id}: its text is not the revision {revision.sha256}")
            continue
        if not revision.current:
            continue
        rows = snapshot.passages_of(article.id)
        passages += len(rows)
        for row in rows:
            if row.span.end > len(article.text) or row.span.of(article.text) != row.text:
                quotes.append(f"passage {row.passage_id} of {article.id} is not its span of the text")
        expected, missing = _coverage(revision, [row.span for row in rows])
        characters += expected
        if missing:
            uncovered.append(f"{article.id}: {missing} characters are in no passage, or skipped ones are in one")
    yield Finding(
        "a revision's name is its text's SHA-256",
        promise=1,
        checked=revisions,
        unit="revisions",
        problems=tuple(hashes),
        remedy=f"{AGAIN}, or {RESTORE}",
    )
    yield Finding(
        "a passage is exactly text[start:end]",
        promise=1,
        checked=passages,
        unit="passages",
        problems=tuple(quotes),
        remedy=RESPLIT,
    )
    yield Finding(
        "the text is covered, skipped parts are not",
        promise=1,
        checked=characters,
        unit="characters",
        problems=tuple(uncovered),
        remedy=RESPLIT,
    )


def _coverage(revision: Revision, spans: Sequence[Span]) -> tuple[int, int]:
    """How many characters must be in a passage, and how many are on the wrong side."""
    text = revision.article.text
    wanted = np.array([not character.isspace() for character in text])
    for skip in revision.article.skipped:
        wanted[skip.span.start : skip.span.end] = False
    covered = np.zeros(len(text), bool)
    for span in spans:
        covered[span.start : span.end] = True
    wrong = wanted & ~covered
    for skip in revision.article.skipped:
        wrong[skip.span.start : skip.span.end] |= covered[skip.span.start : skip.span.end]
    return int(wanted.sum()), int(wrong.sum())
