"""Promises 3 and 5: what is stored of a passage is what the encoder makes of it, and the encoder reads it whole."""

from collections.abc import Iterator
from itertools import compress

import numpy as np

from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import PieceEncoder, passage_input
from indexing.late.pieces import same_pieces, stored
from indexing.tokens import count_tokens
from service.doctor.finding import Finding
from service.doctor.remedies import RESPLIT
from service.doctor.samples import spread

_ENCODED = 256
"""Passages that are encoded anew and compared with their stored vectors."""
_LEAST_COSINE = 0.95
"""int8 against fp32, the coarsest rounding there is, reaches 0.99; another text's vector stays far below."""


def examine_vectors(encoder: PieceEncoder, snapshot: Snapshot) -> Finding:
    """The vector that a passage is found by is its own, encoded anew for a sample spread evenly."""
    passages = snapshot.vectors_after(0)
    rows = spread(len(passages.ids), _ENCODED)
    texts = [passage_input(passages.titles[row], passages.texts[row]) for row in rows]
    # what is too long to be encoded is a finding of its own
    readable = [count <= encoder.identity.max_pieces for count in encoder.count_pieces(texts)]
    rows, texts = list(compress(rows, readable)), list(compress(texts, readable))
    encoded = encoder.encode_passages_with_pieces(texts)
    held = snapshot.pieces(passages.ids[rows].tolist())
    wrong = list[str]()
    for row, text, anew in zip(rows, texts, encoded, strict=True):
        number = int(passages.ids[row])
        if float(anew.vector @ passages.vectors[row].astype(np.float32)) < _LEAST_COSINE:
            wrong.append(f"passage {number} has another vector")
        expected = stored(anew, text, prefix=len(text) - len(passages.texts[row]))
        if not same_pieces(held[number], expected):
            wrong.append(f"passage {number} has other word pieces")
    return Finding(
        "what is stored is what the encoder makes of its passage",
        promise=3,
        checked=len(rows),
        unit="passages",
        problems=tuple(wrong),
        remedy=RESPLIT,
    )


def examine_bounds(encoder: PieceEncoder, snapshot: Snapshot) -> Iterator[Finding]:
    """No passage exceeds its bound in tokens or what the encoder reads."""
    identity = snapshot.identity
    passages = snapshot.vectors_after(0)
    long, unread = list[str](), list[str]()
    pieces = encoder.count_pieces(
        [passage_input(title, text) for title, text in zip(passages.titles, passages.texts, strict=True)]
    )
    for number, text, count in zip(passages.ids.tolist(), passages.texts, pieces, strict=True):
        if count_tokens(text) > identity.max_tokens:
            long.append(f"passage {number} has {count_tokens(text)} tokens")
        if count > identity.max_pieces:
            unread.append(f"passage {number} has {count} word pieces")
    total = len(passages.ids)
    yield Finding(
        f"no passage exceeds {identity.max_tokens} tokens",
        promise=5,
        checked=total,
        unit="passages",
        problems=tuple(long),
        remedy=RESPLIT,
    )
    yield Finding(
        f"the encoder reads each whole (up to {identity.max_pieces} word pieces)",
        promise=5,
        checked=total,
        unit="passages",
        problems=tuple(unread),
        remedy=RESPLIT,
    )
