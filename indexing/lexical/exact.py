"""The reference lexical index: BM25 written out in Python over plain dictionaries."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from indexing.lexical.analysis import analyse
from indexing.lexical.protocol import K1, B, Statistics
from indexing.ranking import Ids, Ranking, Selection


def _kept_lengths() -> list[int]:
    """Passage lengths that tantivy tells apart: it keeps one byte of each, exact up to 40 and ever coarser beyond."""
    lengths, step = list(range(41)), 2
    while len(lengths) < 256:  # noqa: PLR2004 - one byte
        for _ in range(8):
            lengths.append(lengths[-1] + step)
        step *= 2
    return lengths[:256]


_LENGTHS = _kept_lengths()


class ExactLexicalIndex:
    """Postings in memory. Serves what is newer than the last generation, and tests."""

    def __init__(self, ids: Ids, terms: list[list[str]]) -> None:
        self.ids = ids
        self.terms = terms
        """The terms of each passage, in order of the text."""
        self._tokens = sum(map(len, terms))
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for row, passage in enumerate(terms):
            for term, count in Counter(passage).items():
                self._postings.setdefault(term, []).append((row, count))

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """This index's share of the collection's statistics."""
        return Statistics(
            passages=len(self.ids),
            tokens=self._tokens,
            frequencies={term: len(self._postings.get(term, ())) for term in terms},
        )

    def search(self, terms: Sequence[str], *, k: int, selection: Selection, statistics: Statistics) -> Ranking:
        """At most k selected passages by BM25."""
        average = statistics.tokens / max(1, statistics.passages)
        scores: dict[int, float] = {}
        for term in terms:
            idf = statistics.idf(term)
            for row, count in self._postings.get(term, ()):
                length = _LENGTHS[bisect_right(_LENGTHS, len(self.terms[row])) - 1]
                norm = K1 * (1 - B + B * length / average)
                scores[row] = scores.get(row, 0.0) + idf * (K1 + 1) * count / (count + norm)
        found = Ranking.of([int(self.ids[row]) for row in scores], list(scores.values()))
        chosen = selection.mask(found.ids)
        return Ranking.best(found.ids[chosen], found.scores[chosen], k=k)

    def terms_beginning(self, letters: str) -> list[str]:
        """The terms that begin with these letters, those of most passages first."""
        found = [(-len(postings), term) for term, postings in self._postings.items() if term.startswith(letters)]
        return [term for _, term in sorted(found)]


def build(ids: Ids, texts: Iterable[str]) -> ExactLexicalIndex:
    """Indexes the texts, one a passage."""
    return ExactLexicalIndex(ids, [analyse(text) for text in texts])
