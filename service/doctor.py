"""Checking the promises on one library, each with what was counted."""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from corpus.article import Revision, Span
from corpus.errors import LibraryError, LibraryMismatch
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import passage_input
from indexing.errors import EncoderError, IndexBroken
from indexing.generations.manifest import PartManifest
from indexing.late.pieces import same_pieces, stored
from indexing.lexical.tantivy import analyse
from indexing.tokens import count_tokens
from indexing.view import View
from service.compose import Parts

_REBUILD = "run `byline rebuild`"
_RESTORE = "run `byline restore` with a backup; the database cannot be repaired from anything else"
_RESPLIT = "run `byline rebuild --resplit`"
_ENCODED = 256
"""Passages that are encoded anew and compared with their stored vectors."""
_LEAST_COSINE = 0.95
"""int8 against fp32, the coarsest rounding there is, reaches 0.99; another text's vector stays far below."""
_SEARCHED = 2000
"""Passages that are searched for by their own vector and words; spread evenly over larger collections."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    check: str
    promise: int | None
    """Number of the promise it checks; None for the state of files."""
    checked: int
    unit: str
    problems: tuple[str, ...] = ()
    remedy: str | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems


def examine(parts: Parts) -> Iterator[Finding]:
    """Every check in turn; a check that needs what an earlier one found broken is left out."""
    if not (yield from _stored(parts)):
        return
    try:
        yield Finding(
            "the encoder opens and its files are those exported", 4, 1, f"encoder, {parts.encoder.identity.name}"
        )
    except EncoderError as error:
        yield Finding("the encoder opens", 4, 1, "encoder", (str(error),), "see the message")
        return
    try:
        index = parts.index
    except IndexBroken as error:
        yield Finding("the indexes open", 3, 1, "generation", (str(error),), _REBUILD)
        return
    except LibraryMismatch as error:
        yield Finding("the indexes open", 3, 1, "library", (str(error),), "see the message")
        return
    with index.reading() as (snapshot, view):
        yield _generation(view, live=snapshot.counts().passages)
        yield _vectors(parts, snapshot)
        yield from _bounds(parts, snapshot)
        yield from _search(snapshot, view)


def _stored(parts: Parts) -> Generator[Finding, None, bool]:
    """Checks that need nothing but the database; whether the others are worth it."""
    try:
        with parts.library.snapshot() as snapshot:
            damage = snapshot.damage()
            yield Finding("the database is sound", None, 1, "database", tuple(damage), _RESTORE)
            if damage:
                return False
            yield (rows := _rows(snapshot))
            if not rows.sound:
                return False
            texts = list(_texts(snapshot))
            yield from texts
            if not texts[0].sound:
                return False
            missing = tuple(f"passage {number} has no vector" for number in snapshot.without_vector())
            missing += tuple(f"passage {number} has no word pieces" for number in snapshot.without_pieces())
            counted = snapshot.counts().passages
            yield Finding("every passage has its vector and word pieces", 3, counted, "passages", missing, _RESPLIT)
            if missing:
                return False
    except LibraryError as error:
        yield Finding("the library opens", None, 1, "library", (str(error),), "see the message")
        return False
    return True


def _rows(snapshot: Snapshot) -> Finding:
    """Every row has the checksum of what was written to it."""
    damaged = tuple(snapshot.damaged_rows())
    encoded = all(" vector of " in one or " word pieces of " in one for one in damaged)
    counts = snapshot.counts()
    total = counts.articles + counts.revisions + counts.passages + counts.retired
    return Finding("every row is what was written", None, total, "rows", damaged, _RESPLIT if encoded else _RESTORE)


def _texts(snapshot: Snapshot) -> Iterator[Finding]:
    """Promise 1: every revision is its hash, every passage is its span of it, every non-skipped character is in one."""
    revisions, passages, characters = 0, 0, 0
    hashes, quotes, uncovered = list[str](), list[str](), list[str]()
    for revision in snapshot.revisions():
        article = revision.article
        revisions += 1
        if hashlib.sha256(article.text.encode()).hexdigest() != revision.sha256:
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
    yield Finding("a revision's name is its text's SHA-256", 1, revisions, "revisions", tuple(hashes), _RESTORE)
    yield Finding("a passage is exactly text[start:end]", 1, passages, "passages", tuple(quotes), _RESPLIT)
    yield Finding("the text is covered, skipped parts are not", 1, characters, "characters", tuple(uncovered), _RESPLIT)


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


def _generation(view: View, *, live: int) -> Finding:
    covered = 0 if view.generation is None else view.generation.manifest.passages
    held = sum(map(len, view.newer))
    state = "no generation published"
    if view.generation is not None:
        state = f"generation {view.generation.manifest.number} of {_parts_said(view.generation.manifest.parts)}"
    unit = f"indexed passages ({state}: {covered}, in memory: {held})"
    last = 0 if view.generation is None else view.generation.manifest.last_passage_id
    found = covered - int((view.gone <= last).sum())
    found += sum(int((~np.isin(segment.vectors.ids, view.gone)).sum()) for segment in view.newer)
    problems = () if found == live else (f"the indexes hold {found} of {live} searchable passages",)
    return Finding("the indexes hold every passage", 3, covered + held, unit, problems, _REBUILD)


def _parts_said(parts: Sequence[PartManifest]) -> str:
    said = [f"{part.passages} passages {part.vectors.kind}, recall {part.vectors.recall:.3f}" for part in parts]
    return "; ".join(said) or "no passages"


def _vectors(parts: Parts, snapshot: Snapshot) -> Finding:
    """Promise 3: the vector that a passage is found by is its own, encoded anew for a sample spread evenly."""
    passages = snapshot.vectors_after(0)
    rows = _spread(len(passages.ids), _ENCODED)
    texts = [passage_input(passages.titles[row], passages.texts[row]) for row in rows]
    # what is too long to be encoded is a finding of its own
    readable = [count <= parts.encoder.identity.max_pieces for count in parts.encoder.count_pieces(texts)]
    rows, texts = list(compress(rows, readable)), list(compress(texts, readable))
    encoded = parts.encoder.encode_passages_with_pieces(texts)
    held = snapshot.pieces(passages.ids[rows].tolist())
    wrong = list[str]()
    for row, text, anew in zip(rows, texts, encoded, strict=True):
        number = int(passages.ids[row])
        if float(anew.vector @ passages.vectors[row].astype(np.float32)) < _LEAST_COSINE:
            wrong.append(f"passage {number} has another vector")
        expected = stored(anew, text, prefix=len(text) - len(passages.texts[row]))
        if not same_pieces(held[number], expected):
            wrong.append(f"passage {number} has other word pieces")
    return Finding(
        "what is stored is what the encoder makes of its passage", 3, len(rows), "passages", tuple(wrong), _RESPLIT
    )


def _spread(total: int, most: int) -> list[int]:
    """At most `most` of the first `total` numbers, evenly spread."""
    return np.unique(np.linspace(0, total - 1, min(most, total)).astype(int)).tolist() if total else []


def _bounds(parts: Parts, snapshot: Snapshot) -> Iterator[Finding]:
    """Promise 5: no passage exceeds its bound in tokens or what the encoder reads."""
    identity = snapshot.identity
    passages = snapshot.vectors_after(0)
    long, unread = list[str](), list[str]()
    pieces = parts.encoder.count_pieces(
        [passage_input(title, text) for title, text in zip(passages.titles, passages.texts, strict=True)]
    )
    for number, text, count in zip(passages.ids.tolist(), passages.texts, pieces, strict=True):
        if count_tokens(text) > identity.max_tokens:
            long.append(f"passage {number} has {count_tokens(text)} tokens")
        if count > identity.max_pieces:
            unread.append(f"passage {number} has {count} word pieces")
    total = len(passages.ids)
    yield Finding(f"no passage exceeds {identity.max_tokens} tokens", 5, total, "passages", tuple(long), _RESPLIT)
    yield Finding(
        f"the encoder reads each whole (up to {identity.max_pieces} word pieces)",
        5,
        total,
        "passages",
        tuple(unread),
        _RESPLIT,
    )


def _search(snapshot: Snapshot, view: View) -> Iterator[Finding]:
    """Promise 3: what is stored is found by its own vector and words, and what was taken out is not."""
    passages = snapshot.vectors_after(0)
    rows = _spread(len(passages.ids), _SEARCHED)
    live = set(passages.ids.tolist())
    by_vector, by_words, stale = list[str](), list[str](), list[str]()
    for row in rows:
        number = int(passages.ids[row])
        only = passages.ids[row : row + 1]
        vector = passages.vectors[row].astype(np.float32)
        if view.by_vector(vector, k=1, allowed=only).ids.tolist() != [number]:
            by_vector.append(f"passage {number} is not found by its vector")
        terms = list(dict.fromkeys(analyse(passages.texts[row])))[:20]
        if terms and view.by_words(terms, k=1, allowed=only).ids.tolist() != [number]:
            by_words.append(f"passage {number} is not found by its words")
        found = {*view.by_vector(vector, k=10).ids.tolist(), *view.by_words(terms, k=10).ids.tolist()}
        stale += [f"passage {old} is found though it is no longer searchable" for old in found - live]
    yield Finding("a stored passage is found by its vector", 3, len(rows), "passages", tuple(by_vector), _REBUILD)
    yield Finding("a stored passage is found by its words", 3, len(rows), "passages", tuple(by_words), _REBUILD)
    retired = snapshot.counts().retired
    yield Finding(
        "nothing taken out is found", 3, 2 * len(rows), f"searches ({retired} retired)", tuple(stale), _REBUILD
    )
