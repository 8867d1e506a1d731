"""An encoder without a model, alone, so that a process that only needs this one starts quickly."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import regex

from indexing.encoders.protocol import Embedding, Embeddings, Encoded, EncoderIdentity
from indexing.encoders.steps import check_lengths

_WORD = regex.compile(r"\w+")


class WordEncoder:
    """Encodes a text as the normalised sum of one fixed random vector a word: texts that share words are near.

    A word counts as one piece for each six characters begun, plus two special tokens a text, like a word-piece model.
    """

    def __init__(self, *, name: str = "words", dim: int = 48, max_pieces: int = 256) -> None:
        self._identity = EncoderIdentity(name, hashlib.sha256(name.encode()).hexdigest(), dim, max_pieces)

    @property
    def identity(self) -> EncoderIdentity:
        return self._identity

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        return [2 + sum(1 + len(word) // 6 for word in _WORD.findall(text)) for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        check_lengths(texts, self.count_pieces(texts), limit=self._identity.max_pieces)
        return np.stack([self.encode_question(text) for text in texts]) if texts else self._none()

    def encode_question(self, text: str) -> Embedding:
        total = np.full(self._identity.dim, 1e-3, np.float32)
        for word in _WORD.findall(text.lower()):
            total += _vector_of(word, self._identity.dim)
        normal: Embedding = total / np.linalg.norm(total)
        return normal

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        vectors = self.encode_passages(texts)
        return [self._with_pieces(text, vector) for text, vector in zip(texts, vectors, strict=True)]

    def encode_question_with_pieces(self, text: str) -> Encoded:
        return self._with_pieces(text, self.encode_question(text))

    def _with_pieces(self, text: str, vector: Embedding) -> Encoded:
        words = list(_WORD.finditer(text))
        pieces = [self.encode_question(word.group()) for word in words]
        return Encoded(
            vector,
            np.stack(pieces) if pieces else self._none(),
            np.array([word.span() for word in words], np.int32).reshape(-1, 2),
        )

    def _none(self) -> Embeddings:
        return np.empty((0, self._identity.dim), np.float32)


@lru_cache(100_000)
def _vector_of(word: str, dim: int) -> Embedding:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
