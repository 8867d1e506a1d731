"""How much of the exact result an approximate index finds, measured without questions: there are none at build time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embeddings
from indexing.encoders.steps import unit

K = 10
"""Recall is of so many nearest vectors."""
_QUESTIONS = 200
_COSINE = 0.5
"""Of a pseudo-question with the passage that it is made from. That of real questions with their nearest passage is 0.50
(median over 400 of SciFact, SQuAD and the shipped set)."""
_MIDST_COSINE = 0.6
"""With the midst of neighbours, which is farther from each of these: the nearest then has about 0.5 as well."""
_NEIGHBOURS, _AMONG, _SAMPLE = 256, 8, 65_536
"""The midst is that of 8 among the 256 nearest in a sample."""
_BLOCK = 16_384
"""Vectors converted at once: 25 MB for 384 dimensions."""

Rows = NDArray[np.int64]


def pseudo_questions(vectors: Vectors) -> Embeddings:
    """Directions that lie to stored vectors as questions do: shape (questions, dim). The same for the same vectors.

    Stored vectors themselves would flatter an index: questions lie outside of where passages are. Half are passages
    moved along the difference of two others: what is near to them stands in many lists. Half are moved at random from
    the midst of a few neighbours: many passages are about as near to them, and short codes cannot tell these apart.
    """
    random = np.random.default_rng(1)
    one, two, three = vectors[random.integers(0, len(vectors), (3, _QUESTIONS // 2))].astype(np.float32)
    noise = unit(random.standard_normal(one.shape, np.float32))
    midst = _midst(one, vectors, random)
    return np.vstack([_moved(one, unit(two - three), cosine=_COSINE), _moved(midst, noise, cosine=_MIDST_COSINE)])


def _moved(start: Embeddings, away: Embeddings, *, cosine: float) -> Embeddings:
    return unit(np.float32(cosine) * start + np.float32((1 - cosine**2) ** 0.5) * away)


def _midst(passages: Embeddings, vectors: Vectors, random: np.random.Generator) -> Embeddings:
    """The middle of a few of each passage's neighbours."""
    sample = vectors[np.sort(random.permutation(len(vectors))[:_SAMPLE])]
    neighbours = random.permuted(nearest(passages, sample, k=_NEIGHBOURS), axis=1)[:, :_AMONG]
    return unit(sample[neighbours].astype(np.float32).mean(axis=1))


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
