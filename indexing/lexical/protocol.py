"""What every lexical index offers, and the BM25 formula they agree on."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from indexing.ranking import Ranking, Selection

K1 = 1.2
B = 0.75
"""BM25's saturation and length parameters (Robertson and Zaragoza, 2009), as tantivy has them built in."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of a collection. Those of several parts add up to the whole's."""

    passages: int
    tokens: int
    """Over all passages."""
    frequencies: Mapping[str, int]
    """Passages that contain each of the terms asked about."""

    def idf(self, term: str) -> float:
        """Inverse document frequency, the variant that is never negative: ln(1 + (N - n + 0.5) / (n + 0.5))."""
        containing = self.frequencies[term]
        return math.log1p((self.passages - containing + 0.5) / (containing + 0.5))

    @classmethod
    def total(cls, parts: Iterable["Statistics"], terms: Sequence[str]) -> "Statistics":
        """The statistics of several parts taken together."""
        several = list(parts)
        return cls(
            passages=sum(part.passages for part in several),
            tokens=sum(part.tokens for part in several),
            frequencies={term: sum(part.frequencies[term] for part in several) for term in terms},
        )


class LexicalSearch(Protocol):
    """Ranks passages by BM25. Terms are those that `analyse` makes of words."""

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """This index's share of the collection's statistics."""
        ...

    def search(self, terms: Sequence[str], *, k: int, selection: Selection, statistics: Statistics) -> Ranking:
        """At most k selected passages with at least one of the terms, scored by the whole collection's statistics."""
        ...

    def terms_beginning(self, letters: str) -> list[str]:
        """The terms that begin with these letters, those of most passages first."""
        ...
