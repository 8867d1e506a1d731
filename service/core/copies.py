"""Near-duplicate passages, as of one wire story in many papers, share one place in a result."""

from collections import Counter
from dataclasses import replace

import regex

from corpus.library.snapshot import Snapshot
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


class Originals:
    """Passages that are no copies of one another, by their shingles: what shares none is never compared."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._holding: dict[tuple[str, ...], list[int]] = {}

    def add(self, text: str) -> int | None:
        """The place of the first passage that this is a near copy of; None if it is none and was taken in.

        One with another number, or a "not" more or less, is no copy however like it is: it may contradict.
        """
        own = shingles(text)
        shared = Counter(place for shingle in own for place in self._holding.get(shingle, ()))
        for place in sorted(shared):
            if shared[place] >= COPIED * len(own) and _claims_the_same(text, self._texts[place]):
                return place
        for shingle in own:
            self._holding.setdefault(shingle, []).append(len(self._texts))
        self._texts.append(text)
        return None


def _claims_the_same(text: str, other: str) -> bool:
    return numbers_of(text) <= numbers_of(other) and negated(text) == negated(other)


def distinct_hits(ranking: Ranking, snapshot: Snapshot, *, k: int, collapse: bool) -> tuple[Hit, ...]:
    """The k best passages; near copies of a better one are named with it, and the next ones take their places."""
    hits: list[Hit] = []
    originals = Originals()
    for at in range(0, len(ranking), k):
        numbers = ranking.ids[at : at + k].tolist()
        rows = snapshot.passages(numbers)
        for number, score in zip(numbers, ranking.scores[at : at + k].tolist(), strict=True):
            original = originals.add(rows[number].text) if collapse else None
            if original is None:
                hits.append(Hit(rows[number], score))
            elif original < k:
                hits[original] = replace(hits[original], also_in=(*hits[original].also_in, rows[number]))
        if len(hits) >= k:
            break
    return tuple(hits[:k])
