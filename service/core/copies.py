"""Near-duplicate passages, as of one wire story in many papers, share one place in a result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from corpus.library.reading import Snapshot
from indexing.ranking import Ranking
from service.core.claims import negated, numbers_of
from service.core.values import Hit

_WORD = regex.compile(r"[^\W_]+")
_SHINGLE = 4
"""Words in a row that are compared (Broder, "On the resemblance and containment of documents", 1997)."""
COPIED = 0.8
"""Share of a passage's shingles that another holds, from which on it is called a copy of it."""

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """Every four words in a row, without case; all words where there are fewer, the whole text where it has none."""
    words = [word.lower() for word in _WORD.findall(text)] or [text.strip()]
    return frozenset(tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1)))


@dataclass(frozen=True, slots=True)
class Wording:
    """What is compared of a passage."""

    shingles: Shingles
    numbers: frozenset[str]
    negated: bool

    @classmethod
    def of(cls, text: str) -> "Wording":
        """Of a passage's text."""
        return cls(shingles(text), numbers_of(text), negated(text))


def copied_from(passage: Wording, better: Sequence[Wording]) -> int | None:
    """The first of the better passages that it is a near copy of; None if it says something of its own.

    One with another number, or a "not" more or less, is no copy however like it is: it may contradict.
    """
    for place, other in enumerate(better):
        alike = len(passage.shingles & other.shingles) >= COPIED * len(passage.shingles)
        if alike and passage.numbers <= other.numbers and passage.negated == other.negated:
            return place
    return None


def distinct_hits(ranking: Ranking, snapshot: Snapshot, *, k: int, collapse: bool) -> tuple[Hit, ...]:
    """The k best passages; near copies of a better one are named with it, and the next ones take their places."""
    hits: list[Hit] = []
    held: list[Wording] = []
    for at in range(0, len(ranking), k):
        numbers = ranking.ids[at : at + k].tolist()
        rows = snapshot.passages(numbers)
        for number, score in zip(numbers, ranking.scores[at : at + k].tolist(), strict=True):
            own = Wording.of(rows[number].text) if collapse else None
            original = copied_from(own, held) if own is not None else None
            if original is not None:
                hits[original] = replace(hits[original], also_in=(*hits[original].also_in, rows[number]))
            elif len(hits) < k:
                hits.append(Hit(rows[number], score))
                if own is not None:
                    held.append(own)
        if len(hits) == k:
            break
    return tuple(hits)
