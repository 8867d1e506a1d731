"""The encodings of recent questions, so that one that is asked again is not encoded again."""

import threading
from collections import OrderedDict

from indexing.encoders.protocol import Encoded, PieceEncoder


class RecentQuestions:
    """Keeps what was encoded last, up to a number of bytes; a question of 15 word pieces takes 25 KB.

    Looked up by the exact text, so an answer never depends on what was asked before. Safe to use from several threads.
    """

    def __init__(self, encoder: PieceEncoder, *, most_bytes: int) -> None:
        self._encoder = encoder
        self._most = most_bytes
        self._held = 0
        self._recent = OrderedDict[str, Encoded]()
        self._lock = threading.Lock()

    def encoded(self, text: str) -> Encoded:
        """As the encoder's encode_question_with_pieces; the very same object while it is kept."""
        with self._lock:
            found = self._recent.get(text)
            if found is not None:
                self._recent.move_to_end(text)
                return found
        # outside the lock: other questions must not wait, and two that encode the same one come to the same
        made = self._encoder.encode_question_with_pieces(text)
        size = _bytes(made)
        with self._lock:
            if size > self._most or text in self._recent:
                return self._recent.get(text, made)
            self._recent[text] = made
            self._held += size
            while self._held > self._most:
                _, oldest = self._recent.popitem(last=False)
                self._held -= _bytes(oldest)
        return made


def _bytes(encoded: Encoded) -> int:
    return encoded.vector.nbytes + encoded.pieces.nbytes + encoded.spans.nbytes
