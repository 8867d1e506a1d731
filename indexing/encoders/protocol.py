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
    """Which model an encoder runs. Encoders with the same sha256 give the same vectors up to rounding."""

    name: str
    sha256: str
    """Of the model's weights and tokenizer."""
    dim: int
    max_pieces: int
    """Word pieces the model reads of one text, special tokens included."""


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
    mean = encode(parts).mean(axis=0)
    normal: Embedding = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return normal
