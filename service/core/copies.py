"""Near-duplicate passages, as of one wire story in many papers, share one place in a result."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import regex

from corpus.library.snapshot import Snapshot
from indexing.ranking import Ranking
from service.core.claims import negated, numbers_of
from service.core.values import Hit

_IN_WORD = regex.compile(r"[^\W_]")
_SHINGLE = 4
"""Words in a row that are compared (Broder, "On the resemblance and containment of documents", 1997)."""
COPIED = 0.8
"""Share of a passage's shingles that another holds, from which on it is called a copy of it."""

Shingle = tuple[str, ...]


class _Letters(dict[int, str]):
    """For `str.translate`: what may stand in a word as it is, a space for everything else; filled as it is needed."""

    def __missing__(self, code: int) -> str:
        kept = chr(code) if _IN_WORD.match(chr(code)) else " "
        self[code] = kept
        return kept


_LETTERS = _Letters()


def words_of(text: str) -> list[str]:
    """Its words without case, runs of letters, marks and digits; the whole text where it has none."""
    # a fifth of what a regular expression takes for words, which was a tenth of a search
    return text.lower().translate(_LETTERS).split() or [text.strip()]


def shingles(words: Sequence[str]) -> list[Shingle]:
    """Every four words in a row; all words where there are fewer."""
    return [tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))]


class _Original:
    """A passage that others may be copies of."""

    def __init__(self, text: str, words: Sequence[str], distinct: frozenset[str]) -> None:
        self.text = text
        self.distinct = distinct
        self._words = words

    @cached_property
    def shingles(self) -> frozenset[Shingle]:
        return frozenset(shingles(self._words))


class Originals:
    """Passages that are no copies of one another."""

    def __init__(self) -> None:
        self._originals: list[_Original] = []

    def add(self, text: str) -> int | None:
        """The place of the first passage that this is a near copy of; None if it is none and was taken in.

        One with another number, or a "not" more or less, is no copy however like it is: it may contradict.
        """
        words = words_of(text)
        distinct = frozenset(words)
        count = max(1, len(words) - _SHINGLE + 1)
        for place, original in enumerate(self._originals):
            # so many words that the other lacks stand in at least so many shingles that it lacks
            if count - len(distinct - original.distinct) < COPIED * count:
                continue
            own = shingles(words)
            shared = sum(shingle in original.shingles for shingle in own)
            if shared >= COPIED * len(own) and _claims_the_same(text, original.text):
                return place
        self._originals.append(_Original(text, words, distinct))
        return None


def _claims_the_same(text: str, other: str) -> bool:
    return numbers_of(text) <= numbers_of(other) and negated(text) == negated(other)


def distinct_hits(ranking: Ranking, snapshot: Snapshot, *, k: int, collapse: bool) -> tuple[Hit, ...]:
    """The k best passages; near copies of a better one are named with it, and the next ones take their places."""
    hits: list[Hit] = []
    originals = Originals()
    for at in range(0, len(ranking), k):
        numbers = ranking.ids[at : at + k].tolist()
        rows = snapshot.searchable_passages(numbers)
        for number, score in zip(numbers, ranking.scores[at : at + k].tolist(), strict=True):
            original = originals.add(rows[number].text) if collapse else None
            if original is None:
                hits.append(Hit(rows[number], score))
            elif original < k:
                hits[original] = replace(hits[original], also_in=(*hits[original].also_in, rows[number]))
        if len(hits) >= k:
            break
    return tuple(hits[:k])
