"""Near-duplicate passages, as of one wire story in many papers, share one place in a result."""

from collections.abc import Sequence
from dataclasses import replace

import regex

from corpus.library.reading import Snapshot
from indexing.ranking import Ranking
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


def copied_from(passage: Shingles, better: Sequence[Shingles]) -> int | None:
    """The first of the better passages that it is a near copy of; None if it says something of its own."""
    for place, other in enumerate(better):
        if len(passage & other) >= COPIED * len(passage):
            return place
    return None


def distinct_hits(ranking: Ranking, snapshot: Snapshot, *, k: int, collapse: bool) -> tuple[Hit, ...]:
    """The k best passages; near copies of a better one are named with it, and the next ones take their places."""
    hits: list[Hit] = []
    held: list[Shingles] = []
    for at in range(0, len(ranking), k):
        numbers = ranking.ids[at : at + k].tolist()
        rows = snapshot.passages(numbers)
        for number, score in zip(numbers, ranking.scores[at : at + k].tolist(), strict=True):
            own = shingles(rows[number].text) if collapse else frozenset()
            original = copied_from(own, held) if collapse else None
            if original is not None:
                hits[original] = replace(hits[original], also_in=(*hits[original].also_in, rows[number]))
            elif len(hits) < k:
                hits.append(Hit(rows[number], score))
                held.append(own)
        if len(hits) == k:
            break
    return tuple(hits)
