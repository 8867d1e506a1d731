"""Taking articles in: split, encode and store, a few at a time, each few one durable commit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from corpus.article import Article, Span
from corpus.library.identity import Identity, check_identity
from corpus.library.reading import Library
from corpus.library.records import Incoming, PieceCodes, PutResult
from corpus.library.writing import Writer, writing
from indexing.ahead import Stop, worked_ahead
from indexing.encoders.protocol import Encoder, PieceEncoder, passage_input
from indexing.late.pieces import PIECE_CODES, stored
from indexing.splitter import Limits, Splitter
from indexing.tokens import count_tokens

_BATCH_PASSAGES = 128
"""Passages encoded and committed together: enough that the commit's fsync costs little beside the encoding."""
_BATCH_LENGTH = 4_000_000
"""Code points of articles held together: those that are stored already, or skipped as a whole, have no passages."""
_ENCODED_AHEAD = 2
"""Batches encoded at a time: while the codes of one are made, on one thread, the other keeps the rest busy."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that waits to be stored."""

    article: Article
    origin: str | None = None
    """The file it was read from, if there is one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a draft. It is on disk and searchable when this is given out."""

    draft: Draft
    result: PutResult
    passages: int
    """Searchable passages the article has now; 0 when every part of it is skipped."""


_Waiting = tuple[Draft, tuple[Span, ...] | None]
"""A draft and its passages; None where the library holds the article already."""


class Ingester:
    """Puts articles into one library with one encoder. Makes the library if there is none.

    Raises LibraryMismatch when the library was made with another encoder or other limits.
    """

    def __init__(self, library: Library, *, encoder: PieceEncoder, identity: Identity, wait_seconds: float) -> None:
        self._library = library
        self._encoder = encoder
        self._identity = identity
        self._wait_seconds = wait_seconds
        limits = Limits(identity.max_tokens, identity.overlap_tokens, identity.max_pieces)
        self._splitter = Splitter(
            limits, count_tokens=count_tokens, count_pieces=encoder.count_pieces, as_input=passage_input
        )

    def put(self, draft: Draft, *, stop: Stop | None = None) -> Stored:
        """Stores one article. Raises LibraryBusy or another LibraryError; then nothing was stored.

        `stop` asks it to end early, with CancelledError, before it has begun to store.
        """
        stop = stop or Stop()
        batch = [self._split(draft, stop)]
        incoming = self._encoded(batch, stop)
        stop.check()
        return self._kept(batch, incoming)[0]

    def put_all(self, drafts: Iterable[Draft]) -> Iterator[Stored]:
        """Stores articles in order, telling of each once it is durable. What went in before an error stays in.

        Also before an error of `drafts`; `commits` says what is held.
        """
        for store in self.commits(drafts):
            yield from store()

    def commits(self, drafts: Iterable[Draft]) -> Iterator[Callable[[], list[Stored]]]:
        """The same in steps: each is ready to be stored, and makes one durable commit, or none, when it is called.

        While some are encoded, the next are read and split and the former stored, so that no more than four batches are
        held at a time, however many drafts there are.
        """
        for batch, ready in worked_ahead(self._batches(drafts), self._encoded, most=_ENCODED_AHEAD):
            yield partial(self._kept, batch, ready)

    def resplit(self) -> Iterator[str]:
        """Splits and encodes every current article anew for this encoder and these limits; yields each one's id.

        All of it is one commit, made when the last id was taken: until then, and if it is broken off, the library
        stays as it was.
        """
        with writing(self._library.database, wait_seconds=self._wait_seconds) as writer:
            writer.set_identity(self._identity)
            for summary in writer.before.summaries():
                article = writer.before.revision(summary.id).article
                spans = self._splitter.split(article)
                writer.replace_passages(self._incoming([(Draft(article), spans)])[0])
                yield summary.id

    def _batches(self, drafts: Iterable[Draft]) -> Iterator[list[_Waiting]]:
        """The drafts with their passages, a few at a time; those before an error come before it."""
        waiting: list[_Waiting] = []
        passages = length = 0
        try:
            for draft in drafts:
                waiting.append(self._split(draft))
                passages += len(waiting[-1][1] or ())
                length += len(draft.article.text)
                if passages >= _BATCH_PASSAGES or len(waiting) >= _BATCH_PASSAGES or length >= _BATCH_LENGTH:
                    yield waiting
                    waiting, passages, length = [], 0, 0
        except Exception:
            if waiting:
                yield waiting
            raise
        if waiting:
            yield waiting

    def _split(self, draft: Draft, stop: Stop | None = None) -> _Waiting:
        with self._library.snapshot() as snapshot:
            stored = snapshot.holds(draft.article)
        if stored:
            return draft, None
        return draft, self._splitter.split(draft.article, check=(stop or Stop()).check)

    def _encoded(self, waiting: list[_Waiting], stop: Stop) -> list[Incoming]:
        return self._incoming([(draft, spans) for draft, spans in waiting if spans is not None], stop=stop)

    def _kept(self, waiting: list[_Waiting], incoming: list[Incoming]) -> list[Stored]:
        if not incoming and (unchanged := self._unchanged(waiting)) is not None:
            return unchanged
        ready = iter(incoming)
        with writing(self._library.database, wait_seconds=self._wait_seconds) as writer:
            # another process may have given the library another encoder since this one looked
            check_identity(self._library.home, writer.before.identity, wanted=self._identity)
            return [self._store(writer, draft, None if spans is None else next(ready)) for draft, spans in waiting]

    def _unchanged(self, waiting: list[_Waiting]) -> list[Stored] | None:
        """What becomes of drafts that the library holds already, which takes no commit; None if one changed since."""
        with self._library.snapshot() as snapshot:
            check_identity(self._library.home, snapshot.identity, wanted=self._identity)
            if not all(snapshot.holds(draft.article) for draft, _ in waiting):
                return None
            return [
                Stored(draft, PutResult.UNCHANGED, snapshot.passage_count(draft.article.id)) for draft, _ in waiting
            ]

    def _store(self, writer: Writer, draft: Draft, incoming: Incoming | None) -> Stored:
        if incoming is None:
            if writer.before.holds(draft.article):
                return Stored(draft, PutResult.UNCHANGED, writer.before.passage_count(draft.article.id))
            # it was there when the draft came in, and another writer has changed it since
            incoming = self._incoming([(draft, self._splitter.split(draft.article))])[0]
        return Stored(draft, writer.put(incoming), len(incoming.spans))

    def _incoming(self, split: Sequence[tuple[Draft, tuple[Span, ...]]], *, stop: Stop | None = None) -> list[Incoming]:
        """The drafts with their vectors, all encoded together. Touches nothing but the encoder."""
        passages = [(draft.article.title, span.of(draft.article.text)) for draft, spans in split for span in spans]
        vectors = np.empty((len(passages), self._identity.dim), np.float16)
        pieces = list[PieceCodes]()
        # a few at a time: as they come from the encoder, pieces take a hundred times the space that they are stored in
        for at in range(0, len(passages), _BATCH_PASSAGES):
            if stop is not None:
                stop.check()
            some = passages[at : at + _BATCH_PASSAGES]
            texts = [passage_input(title, passage) for title, passage in some]
            encoded = self._encoder.encode_passages_with_pieces(texts)
            vectors[at : at + len(some)] = [one.vector for one in encoded]
            pieces += [
                stored(one, text, prefix=len(text) - len(passage))
                for one, text, (_, passage) in zip(encoded, texts, some, strict=True)
            ]
        ready, at = [], 0
        for draft, spans in split:
            these = slice(at, at + len(spans))
            ready.append(Incoming(draft.article, spans, vectors[these], tuple(pieces[these]), draft.origin))
            at += len(spans)
        return ready


def identity_of(encoder: Encoder, *, max_tokens: int, overlap_tokens: int) -> Identity:
    """What a library made with this encoder and these limits depends on."""
    model = encoder.identity
    return Identity(
        model.name, model.sha256, model.dim, model.max_pieces, max_tokens, overlap_tokens, piece_codes=PIECE_CODES
    )
