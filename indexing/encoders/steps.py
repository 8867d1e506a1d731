"""Steps that encoders share: texts they can read whole, vectors at unit length, word pieces in their places."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexing.encoders.protocol import Embedding, Embeddings, Encoded
from indexing.errors import PassageTooLong


def check_lengths(texts: Sequence[str], pieces: Sequence[int], *, limit: int) -> None:
    """Raises PassageTooLong for the first text that has more pieces than the encoder reads."""
    for text, count in zip(texts, pieces, strict=True):
        if count > limit:
            raise PassageTooLong(pieces=count, limit=limit, text=text)


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


def unit(vectors: Embeddings) -> Embeddings:
    """Each row at unit length; a row of zeros stays one."""
    scaled: Embeddings = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled


def mean_of(vectors: Embeddings) -> Embedding:
    """The normalised mean."""
    mean = vectors.mean(axis=0)
    normal: Embedding = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return normal


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
