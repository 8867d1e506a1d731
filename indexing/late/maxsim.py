"""MaxSim: each piece of the question finds the piece of the passage most like it.

Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT"
(2020).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexing.late import codec
from indexing.late.pieces import Pieces
from indexing.late.question import AskedPieces

Scores = NDArray[np.float32]
_BLOCK = 128
"""Pieces of the question compared at once: bounds the memory for one that is pages long."""


def coverage(question: AskedPieces, passage: Pieces) -> Scores:
    """How well each piece of the question is found again: shape (pieces,). 0 in a passage without pieces."""
    if not len(passage.places) or not len(question.weights):
        return np.zeros(len(question.weights), np.float32)
    found: Scores = codec.similarities(question.vectors, passage.codes).max(axis=1)
    return found


def maxsim(question: AskedPieces, passages: Sequence[Pieces]) -> Scores:
    """How well each passage covers the question, at most 1: shape (passages,). 0 for a passage without pieces."""
    scores = np.zeros(len(passages), np.float32)
    held = [row for row, passage in enumerate(passages) if len(passage.places)]
    if not held or not len(question.weights):
        return scores
    # one matrix product for all, then the highest of each passage's stretch of columns
    codes = np.concatenate([passages[row].codes for row in held])
    starts = np.cumsum([0, *(len(passages[row].places) for row in held[:-1])])
    for at in range(0, len(question.weights), _BLOCK):
        block = slice(at, at + _BLOCK)
        similar = codec.similarities(question.vectors[block], codes)
        scores[held] += question.weights[block] @ np.maximum.reduceat(similar, starts, axis=1)
    return scores
