"""What every encoder offers, and the text it is given for a passage."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexing.errors import PassageTooLong

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


def check_lengths(texts: Sequence[str], pieces: Sequence[int], *, limit: int) -> None:
    """Raises PassageTooLong for the first text that has more pieces than the encoder reads."""
    for text, count in zip(texts, pieces, strict=True):
        if count > limit:
            raise PassageTooLong(pieces=count, limit=limit, text=text)


def encode_in_parts(
    text: str, *, count_pieces: Callable[[str], int], limit: int, encode: Callable[[list[str]], Embeddings]
) -> Embedding:
    """One vector for a text of any length: the normalised mean over parts that the encoder can read whole."""
    return mean_of(encode(readable_parts(text, count_pieces=count_pieces, limit=limit)))


def readable_parts(text: str, *, count_pieces: Callable[[str], int], limit: int) -> list[str]:
    """Parts that the encoder can read whole, which join to the text; cut at spaces where there are any."""
    parts, waiting = list[str](), [text]
    while waiting:
        part = waiting.pop()
        if count_pieces(part) <= limit or len(part) == 1:
            parts.append(part)
            continue
        middle = len(part) // 2
        space = part.rfind(" ", 1, middle)
        cut = space if space > 0 else middle
        waiting += [part[cut:], part[:cut]]
    return parts


def mean_of(vectors: Embeddings) -> Embedding:
    """The normalised mean."""
    mean = vectors.mean(axis=0)
    normal: Embedding = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return normal


def unit(vectors: Embeddings) -> Embeddings:
    """Each row at unit length; a row of zeros stays one."""
    scaled: Embeddings = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled


def pieces_of(
    text: str, vectors: Embeddings, offsets: Sequence[tuple[int, int]], special: Sequence[int], *, prompt: int
) -> tuple[Embeddings, NDArray[np.int32]]:
    """The pieces of a text and their places in it, without special tokens and the `prompt` code points before it.

    Some tokenizers count the space before a word to its first piece; here a piece begins where its word does.
    """
    placed = []
    for begin, end in offsets:
        start = begin - prompt
        while 0 <= start < end - prompt and text[start].isspace():
            start += 1
        placed.append((start, end - prompt))
    spans = np.array(placed, np.int32).reshape(-1, 2)
    kept = (np.array(special) == 0) & (spans[:, 0] >= 0) & (spans[:, 1] > spans[:, 0])
    return unit(vectors[: len(spans)][kept].astype(np.float32)), spans[kept]


def joined(parts: Sequence[str], encoded: Sequence[Encoded]) -> Encoded:
    """A text that was encoded in parts: the mean of their vectors, and all of their pieces."""
    starts = np.cumsum([0, *map(len, parts)])
    return Encoded(
        vector=mean_of(np.stack([part.vector for part in encoded])),
        pieces=np.concatenate([part.pieces for part in encoded]),
        spans=np.concatenate([part.spans + start for part, start in zip(encoded, starts, strict=False)]),
    )
