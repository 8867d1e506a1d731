"""An encoder that remembers: the systems of a table ask about the same sentences again and again."""

import threading
from collections.abc import Sequence

import numpy as np

from indexing.encoders.protocol import Embedding, Embeddings, Encoded, EncoderIdentity, PieceEncoder


class RememberingEncoder:
    """Another encoder's vectors, each text encoded once.

    With the sentence-transformers backend a vector's last decimals depend on what else is in the batch; here a text
    keeps the vector that it got first, so that two systems differ by what they do and not by that.
    """

    def __init__(self, encoder: PieceEncoder) -> None:
        self._encoder = encoder
        self._passages: dict[str, Embedding] = {}
        self._questions: dict[str, Encoded] = {}
        self._lock = threading.Lock()

    @property
    def identity(self) -> EncoderIdentity:
        """The other encoder's."""
        return self._encoder.identity

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """As the other encoder counts them."""
        return self._encoder.count_pieces(texts)

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        """Shape (len(texts), dim)."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._passages]
            if new:
                self._passages.update(zip(new, self._encoder.encode_passages(new), strict=True))
            known = [self._passages[text] for text in texts]
        return np.stack(known) if known else self._encoder.encode_passages([])

    def encode_question(self, text: str) -> Embedding:
        """Shape (dim,)."""
        return self.encode_question_with_pieces(text).vector

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        """Not remembered: it is what libraries are made with, once."""
        return self._encoder.encode_passages_with_pieces(texts)

    def encode_question_with_pieces(self, text: str) -> Encoded:
        """Vector and word pieces."""
        with self._lock:
            if text not in self._questions:
                self._questions[text] = self._encoder.encode_question_with_pieces(text)
            return self._questions[text]
