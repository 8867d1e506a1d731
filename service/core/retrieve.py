"""Retrieving passages: candidates from both indexes, fused, with the words that a citation needs."""

from dataclasses import dataclass

from corpus.library.reading import Snapshot
from corpus.library.records import Filters
from indexing.encoders.protocol import Embedding
from indexing.searching import View
from service.core.fuse import convex
from service.core.values import Hit

DENSE_WEIGHT = 0.5
"""Of the dense ranking in the fused score. On SciFact's test set (nDCG@10) dense alone gives .648, BM25 .688 and
this .730."""
CANDIDATES = 100
"""Passages taken from each index; at least k."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question made ready for both indexes."""

    vector: Embedding
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """Fused hits, and what their scores were made of."""

    hits: tuple[Hit, ...]
    cosine: float
    """Of the passage nearest to the question; 0 when there is none."""


def retrieve(snapshot: Snapshot, view: View, query: Query, *, k: int, filters: Filters) -> Retrieved:
    """The k best passages among those that meet the filters."""
    allowed = snapshot.matching(filters) if filters else None
    depth = max(k, CANDIDATES)
    dense = view.by_vector(query.vector, k=depth, allowed=allowed)
    lexical = view.by_words(query.terms, k=depth, allowed=allowed)
    fused = convex(dense, lexical, dense_weight=DENSE_WEIGHT)
    rows = snapshot.passages(fused.ids[:k].tolist())
    scores = zip(fused.ids[:k].tolist(), fused.scores[:k].tolist(), strict=True)
    return Retrieved(
        hits=tuple(Hit(rows[number], score) for number, score in scores),
        cosine=float(dense.scores[0]) if len(dense) else 0.0,
    )
