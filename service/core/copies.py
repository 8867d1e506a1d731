"""Near copies: passages that hold hardly a word that a better one does not, as of one wire story in many papers."""

from collections.abc import Sequence

import regex

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
