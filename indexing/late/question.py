"""A question's word pieces and how much each counts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from indexing.encoders.protocol import Embeddings, Encoded
from indexing.late import codec
from indexing.lexical.questions import question_terms

_WORD = regex.compile(r"[^\W_]+")
_STOP_WORD = 1.0
"""Of a stop word, where a word that one passage in three holds has about 1.1: a question's "who" or "where" tells."""


@dataclass(frozen=True, slots=True, eq=False)
class AskedPieces:
    """What MaxSim needs of a question."""

    vectors: Embeddings
    """Rotated: shape (pieces, dim)."""
    weights: NDArray[np.float32]
    """Share of each piece in the score; they add up to 1."""


def asked_pieces(encoded: Encoded, question: str, *, idf: Callable[[str], float]) -> AskedPieces:
    """Each word counts by how rare its term is (`idf`), shared out among its pieces; punctuation does not count.

    Shipped questions on dev (hit@1, nDCG@10): all pieces alike .62, .76; by rarity .65, .77; the chunking set .68, .78
    and .73, .81.
    """
    weights = np.zeros(len(encoded.spans), np.float32)
    telling = set(question_terms(question))
    for word in _WORD.finditer(question):
        pieces = (encoded.spans[:, 0] < word.end()) & (encoded.spans[:, 1] > word.start())
        terms = [term for term in question_terms(word.group()) if term in telling]
        worth = idf(terms[0]) if terms else _STOP_WORD
        weights[pieces] = worth / max(1, int(pieces.sum()))
    if not weights.any():
        weights[:] = 1
    counting = weights > 0
    return AskedPieces(codec.rotated(encoded.pieces[counting]), weights[counting] / max(float(weights.sum()), 1e-12))
