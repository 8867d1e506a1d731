"""One process's worth of reading a library, with an encoder that encodes each word once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.library.reading import Library
from indexing.encoders.protocol import Embedding, Embeddings
from indexing.ingest import identity_of
from indexing.searching import SearchIndex
from tests.fakes import WordEncoder


class _Remembering(WordEncoder):
    """Encodes each word once: the same few are encoded a million times."""

    def __init__(self) -> None:
        super().__init__(dim=16)
        self._known: dict[str, Embedding] = {}

    def encode_question(self, text: str) -> Embedding:
        if text not in self._known:
            if len(self._known) > 50_000:
                self._known.clear()
            self._known[text] = super().encode_question(text)
        return self._known[text]

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([self.encode_question(text) for text in texts]) if texts else super().encode_passages(texts)


ENCODER = _Remembering()


class Reader:
    """One process's worth of reading: a library and an index of its own, opened when they are first asked for."""

    def __init__(self, home: Path, limit: int) -> None:
        self._home = home
        self._limit = limit
        self._library: Library | None = None
        self._index: SearchIndex | None = None

    @property
    def library(self) -> Library:
        if self._library is None:
            self._library = Library(self._home)
        return self._library

    @property
    def index(self) -> SearchIndex:
        if self._index is None:
            identity = identity_of(ENCODER, max_tokens=self._limit, overlap_tokens=0)
            self._index = SearchIndex(self.library, identity=identity)
        return self._index

    def close(self) -> None:
        """As a process that ends."""
        if self._library is not None:
            self._library.close()
        self._library = self._index = None

    def at_limit(self, limit: int) -> None:
        """Started again with another setting."""
        self.close()
        self._limit = limit
