"""Which word pieces of a passage are kept for late interaction, and how they are stored."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.article import Span
from corpus.library.records import PieceCodes
from indexing.encoders.protocol import Encoded
from indexing.late import codec
from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from indexing.lexical.words import WORD

PIECE_CODES = 1
"""Which pieces are kept and how they are encoded; another number makes libraries be split anew."""
IN_TITLE = 0xFFFF
"""The place of a piece of the title, which stands in front of every passage."""
_LAST_PLACE = IN_TITLE - 1
_ALIKE = 0.8
"""Cosine of two codes of one piece: 0.88 at least between int8 and fp32, and mostly below 0.3 for other pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A passage's telling word pieces."""

    codes: codec.Codes
    places: NDArray[np.uint16]
    """Where each begins in the passage, in code points, 65,534 at most, in ascending order; IN_TITLE for those of the
    title, which come first."""

    def within(self, span: Span) -> "Pieces":
        """Those of a part of the passage."""
        inside = (self.places != IN_TITLE) & (self.places >= span.start) & (self.places < span.end)
        return Pieces(self.codes[inside], self.places[inside])


def stored(encoded: Encoded, text: str, *, prefix: int) -> PieceCodes:
    """The pieces of the words that are no stop words; `prefix` code points of `text` come before the passage.

    Stop words and punctuation are half of the pieces, and leaving them out changes no figure.
    """
    kept = telling(encoded, text)
    starts = encoded.spans[kept, 0].astype(np.int64) - prefix
    places = np.where(starts < 0, IN_TITLE, np.minimum(starts, _LAST_PLACE)).astype("<u2")
    return PieceCodes(codec.encode(encoded.pieces[kept]).tobytes(), places.tobytes())


def loaded(stored_as: PieceCodes) -> Pieces:
    """The pieces as they are compared. Raises ValueError for what `stored` did not make."""
    places = np.frombuffer(stored_as.places, "<u2")
    codes = np.frombuffer(stored_as.codes, np.uint8)
    return Pieces(codes.reshape(len(places), -1) if len(places) else codes.reshape(0, 0), places)


def same_pieces(one: PieceCodes, other: PieceCodes) -> bool:
    """Whether two codes are of the same pieces: the same places, and vectors as like as rounding lets them be."""
    if one.places != other.places or len(one.codes) != len(other.codes):
        return False
    left, right = (codec.decode(loaded(each).codes) for each in (one, other))
    # a number on the border between two levels may fall to either side; that is one in a thousand
    return bool(((left * right).sum(axis=1) > _ALIKE).all())


def telling(encoded: Encoded, text: str) -> NDArray[np.bool_]:
    """Which pieces belong to a word that is no stop word; all of them where there are only such words."""
    inside = np.zeros(len(text) + 1, bool)
    for word in WORD.finditer(text):
        if word.group().lower() not in QUESTION_STOP_WORDS:
            inside[word.start() : word.end()] = True
    kept = inside[encoded.spans[:, 0]] if len(encoded.spans) else np.zeros(0, bool)
    return kept if kept.any() else np.ones(len(encoded.spans), bool)
