"""How much of the exact result an approximate index finds, measured without questions: there are none at build time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embeddings, unit

K = 10
"""Recall is of so many nearest vectors."""
_QUESTIONS = 200
_COSINE = 0.5
"""Of a pseudo-question with the passage that it is made from. That of real questions with their nearest passage is 0.50
(median over 400 of SciFact, SQuAD and the shipped set)."""
_BLOCK = 16_384
"""Vectors converted at once: 25 MB for 384 dimensions."""

Rows = NDArray[np.int64]


def pseudo_questions(vectors: Vectors) -> Embeddings:
    """Directions that lie to stored vectors as questions do: shape (questions, dim). The same for the same vectors.

    Half of them are passages moved along the difference of two others, half are moved at random. Stored vectors
    themselves would flatter an index: questions lie outside of where passages are.
    """
    random = np.random.default_rng(1)
    one, two, three = vectors[random.integers(0, len(vectors), (3, _QUESTIONS))].astype(np.float32)
    away = unit(two - three)
    away[::2] = unit(random.standard_normal(away[::2].shape, np.float32))
    return unit(np.float32(_COSINE) * one + np.float32((1 - _COSINE**2) ** 0.5) * away)


def nearest(questions: Embeddings, vectors: Vectors, *, k: int = K) -> Rows:
    """The rows of each question's k nearest vectors, compared with all: shape (questions, k), nearest first."""
    rows = np.empty((len(questions), 0), np.int64)
    scores = np.empty((len(questions), 0), np.float32)
    for at in range(0, len(vectors), _BLOCK):
        block = questions @ vectors[at : at + _BLOCK].astype(np.float32).T
        scores = np.hstack([scores, block])
        rows = np.hstack([rows, np.broadcast_to(np.arange(at, at + block.shape[1]), block.shape)])
        best = np.argpartition(-scores, min(k, scores.shape[1] - 1), axis=1)[:, :k]
        scores, rows = np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)
    return np.take_along_axis(rows, np.argsort(-scores, axis=1, kind="stable"), axis=1)


def recall(found: Sequence[Rows], exact: Rows) -> float:
    """Mean share of the exact rows that were found."""
    shares = [len(np.intersect1d(some, wanted)) / len(wanted) for some, wanted in zip(found, exact, strict=True)]
    return float(np.mean(shares))
