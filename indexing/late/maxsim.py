"""MaxSim: each piece of the question finds the piece of the passage most like it.

Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT"
(2020).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.article import Span
from indexing.late import codec
from indexing.late.pieces import IN_TITLE, Pieces
from indexing.late.question import AskedPieces

Scores = NDArray[np.float32]
_BLOCK = 128
"""Pieces of the question compared at once: bounds the memory for one that is pages long."""


def coverage(question: AskedPieces, passage: Pieces) -> Scores:
    """How well each piece of the question is found again: shape (pieces,). 0 in a passage without pieces."""
    if not len(passage.places) or not len(question.weights):
        return np.zeros(len(question.weights), np.float32)
    found: Scores = codec.similarities(question.vectors, passage.codes).max(axis=0)
    return found


def maxsim(question: AskedPieces, passages: Sequence[Pieces]) -> Scores:
    """How well each passage covers the question, at most 1: shape (passages,). 0 for a passage without pieces."""
    scores = np.zeros(len(passages), np.float32)
    held = [row for row, passage in enumerate(passages) if len(passage.places)]
    if not held or not len(question.weights):
        return scores
    # one matrix product for all, then the highest of each passage's stretch of rows
    codes = np.concatenate([passages[row].codes for row in held])
    starts = np.cumsum([0, *(len(passages[row].places) for row in held[:-1])])
    for at in range(0, len(question.weights), _BLOCK):
        block = slice(at, at + _BLOCK)
        similar = codec.similarities(question.vectors[block], codes)
        scores[held] += question.weights[block] @ np.maximum.reduceat(similar, starts, axis=0).T
    return scores


def maxsim_of_spans(question: AskedPieces, passage: Pieces, spans: Sequence[Span]) -> tuple[float, list[float]]:
    """The score of the passage, and that of each span of it as if it were a passage."""
    if not len(passage.places) or not len(question.weights):
        return 0.0, [0.0] * len(spans)
    similar = codec.similarities(question.vectors, passage.codes)
    whole = float(similar.max(axis=0) @ question.weights)
    title = int((passage.places == IN_TITLE).sum())
    edges = [place for span in spans for place in (span.start, span.end)]
    borders = np.searchsorted(passage.places[title:], edges) + title
    held = [row for row in range(len(spans)) if borders[2 * row] < borders[2 * row + 1]]
    scores = [0.0] * len(spans)
    if held:
        # every second stretch lies between two spans; the row of zeros is there for the end of the last one
        padded = np.vstack([similar, np.zeros_like(similar[:1])])
        stretches = np.concatenate([borders[2 * row : 2 * row + 2] for row in held])
        found = np.maximum.reduceat(padded, stretches, axis=0)[::2] @ question.weights
        for row, score in zip(held, found.tolist(), strict=True):
            scores[row] = score
    return whole, scores
