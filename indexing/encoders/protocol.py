"""What every encoder offers, and the text it is given for a passage."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float32]
"""One row a text, each of unit length: shape (texts, dim)."""

Embedding = NDArray[np.float32]
"""One vector of unit length: shape (dim,)."""

MAX_TITLE_LENGTH = 120
"""Code points, decomposed (NFD), of the title set in front of a passage: most headlines are shorter, and a longer one
must not crowd out the passage. BERT's tokenizer decomposes too: a Hangul syllable is up to three word pieces. The title
itself is stored whole."""


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Which model an encoder runs. Encoders with the same sha256 give the same vectors up to rounding.

    That of int8 is coarse, with a cosine of .99 to fp32: a library's vectors may be of either, whichever the question's
    is of.
    """

    name: str
    sha256: str
    """Of the model's weights and tokenizer."""
    dim: int
    max_pieces: int
    """Word pieces the model reads of one text, special tokens included."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A text as one vector, and as one for each of its word pieces, without special tokens and prompts."""

    vector: Embedding
    pieces: Embeddings
    """Unit length: shape (pieces, dim of the model's token embeddings)."""
    spans: NDArray[np.int32]
    """Where each piece stands in the text, in code points: shape (pieces, 2)."""


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their similarity. Safe to call from several threads."""

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is."""
        ...

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text as a passage, special tokens and any prompt of the model included."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        """Shape (len(texts), dim). Raises PassageTooLong rather than cut a text."""
        ...

    def encode_question(self, text: str) -> Embedding:
        """Shape (dim,). A question longer than the encoder reads is averaged over its parts, nothing is cut off."""
        ...


class PieceEncoder(Encoder, Protocol):
    """An encoder that also tells the vector of each word piece, which late interaction compares."""

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        """As encode_passages, with pieces: 256 of them in 384 dimensions are 0.4 MB for each text."""
        ...

    def encode_question_with_pieces(self, text: str) -> Encoded:
        """As encode_question, with the pieces of all its parts."""
        ...


def passage_input(title: str, passage: str) -> str:
    """What is encoded for a passage: its article's title, which names what the passage only calls "the man"."""
    return f"{_shortened(title)}\n{passage}"


def _shortened(title: str) -> str:
    """The words of the title that stay within MAX_TITLE_LENGTH."""
    length = 0
    for end, sign in enumerate(title):
        length += len(unicodedata.normalize("NFD", sign))
        if length > MAX_TITLE_LENGTH:
            return (title[:end].rsplit(maxsplit=1) or [""])[0]
    return title
