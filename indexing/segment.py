"""Small in-memory indexes over what is newer than the current generation."""

from dataclasses import dataclass

import numpy as np

from corpus.library.records import PassageVectors
from indexing.encoders.protocol import passage_input
from indexing.lexical import exact as exact_lexical
from indexing.lexical.exact import ExactLexicalIndex
from indexing.ranking import Ids
from indexing.vectors import exact as exact_vectors
from indexing.vectors.exact import ExactIndex


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Both indexes over the same few passages. Never changes; segments are merged into new ones."""

    vectors: ExactIndex
    lexical: ExactLexicalIndex

    def __len__(self) -> int:
        return len(self.vectors)


def segment_of(passages: PassageVectors) -> Segment:
    """A segment over passages as the library gives them."""
    texts = [passage_input(title, text) for title, text in zip(passages.titles, passages.texts, strict=True)]
    return Segment(
        exact_vectors.build(passages.ids, passages.vectors),
        exact_lexical.build(passages.ids, texts),
    )


def appended(segments: tuple[Segment, ...], last: Segment, *, gone: Ids) -> tuple[Segment, ...]:
    """The segments with one more at the end, neighbours of like size merged and passages that are gone left out.

    Merging like a binary counter keeps the number of segments, and the work of an append averaged over many, in
    proportion to the logarithm of the passages held.
    """
    result = [*segments, last]
    while len(result) > 1 and len(result[-2]) <= 2 * len(result[-1]):
        result[-2:] = [_merged(result[-2], result[-1], gone=gone)]
    return tuple(segment for segment in result if len(segment))


def _merged(first: Segment, second: Segment, *, gone: Ids) -> Segment:
    ids = np.concatenate([first.vectors.ids, second.vectors.ids])
    kept = np.flatnonzero(~np.isin(ids, gone))
    vectors = np.vstack([first.vectors.vectors, second.vectors.vectors])
    terms = first.lexical.terms + second.lexical.terms
    return Segment(ExactIndex(ids[kept], vectors[kept]), ExactLexicalIndex(ids[kept], [terms[row] for row in kept]))
