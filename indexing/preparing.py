"""Making articles ready to be stored: split into passages and encoded, some ahead of the others. Touches no library."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from corpus.article import Article, Span
from corpus.library.identity import Identity
from corpus.library.records import PieceCodes, Vectors
from indexing.ahead import Stop, worked_ahead
from indexing.encoders.protocol import Encoder, PieceEncoder, passage_input
from indexing.late.pieces import stored
from indexing.splitter import Limits, Splitter
from indexing.tokens import count_tokens

BATCH_PASSAGES = 128
"""Passages encoded and committed together: enough that the commit's fsync costs little beside the encoding."""
BATCH_LENGTH = 4_000_000
"""Code points of articles held together: those that are stored already, or skipped as a whole, have no passages."""
_ENCODED_AHEAD = 2
"""Batches encoded at a time: while the codes of one are made, on one thread, the other keeps the rest busy."""

Item = TypeVar("Item")
Wanted = tuple[Article, bool]
"""An article and whether it is to be made ready; false where the library holds it already."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article's passages with their vectors and word pieces, row for row."""

    spans: tuple[Span, ...]
    vectors: Vectors
    pieces: tuple[PieceCodes, ...]


class Preparing(Protocol):
    """Makes articles ready, here or elsewhere."""

    def ahead(self, articles: Iterable[Wanted]) -> Iterator[list[Prepared | None]]:
        """What becomes of each article, in order, some at a time; None for one that is not wanted.

        However many articles there are, a bounded number is held. What cannot be had is raised in its place, also
        where the articles break off: everything before it comes first.
        """
        ...


_Split = tuple[Article, tuple[Span, ...]]


class Preparer:
    """Makes articles ready in this process, with one encoder and the limits that the identity names."""

    def __init__(self, *, encoder: PieceEncoder, identity: Identity) -> None:
        self._encoder = encoder
        self._dim = identity.dim
        self._splitter = splitter_of(encoder, identity)

    def prepared(self, articles: Sequence[Article], *, stop: Stop | None = None) -> list[Prepared]:
        """These articles, all encoded together. `stop` asks it to end early, with CancelledError."""
        stop = stop or Stop()
        return self._encoded([(article, self._splitter.split(article, check=stop.check)) for article in articles], stop)

    def ahead(self, articles: Iterable[Wanted]) -> Iterator[list[Prepared | None]]:
        """As Preparing says. While some are encoded, the next are taken and split: four batches are held at most."""
        for batch, ready in worked_ahead(self._batches(articles), self._of_batch, most=_ENCODED_AHEAD):
            prepared = iter(ready)
            yield [None if split is None else next(prepared) for split in batch]

    def _batches(self, articles: Iterable[Wanted]) -> Iterator[list[_Split | None]]:
        """The articles with their passages, a few at a time; those before an error come before it."""

        def sized() -> Iterator[tuple[_Split | None, int, int]]:
            for article, wanted in articles:
                split = (article, self._splitter.split(article)) if wanted else None
                yield split, len(split[1]) if split else 0, len(article.text)

        return batches(sized())

    def _of_batch(self, batch: list[_Split | None], stop: Stop) -> list[Prepared]:
        return self._encoded([split for split in batch if split is not None], stop)

    def _encoded(self, split: Sequence[_Split], stop: Stop) -> list[Prepared]:
        passages = [(article.title, span.of(article.text)) for article, spans in split for span in spans]
        vectors = np.empty((len(passages), self._dim), np.float16)
        pieces = list[PieceCodes]()
        # a few at a time: as they come from the encoder, pieces take a hundred times the space that they are stored in
        for at in range(0, len(passages), BATCH_PASSAGES):
            stop.check()
            some = passages[at : at + BATCH_PASSAGES]
            texts = [passage_input(title, passage) for title, passage in some]
            encoded = self._encoder.encode_passages_with_pieces(texts)
            vectors[at : at + len(some)] = [one.vector for one in encoded]
            pieces += [
                stored(one, text, prefix=len(text) - len(passage))
                for one, text, (_, passage) in zip(encoded, texts, some, strict=True)
            ]
        ready, at = [], 0
        for _, spans in split:
            these = slice(at, at + len(spans))
            ready.append(Prepared(spans, vectors[these], tuple(pieces[these])))
            at += len(spans)
        return ready


def splitter_of(encoder: Encoder, identity: Identity) -> Splitter:
    """Splits under the limits that the identity names, in what the encoder counts."""
    limits = Limits(identity.max_tokens, identity.overlap_tokens, identity.max_pieces)
    return Splitter(limits, count_tokens=count_tokens, count_pieces=encoder.count_pieces, as_input=passage_input)


def batches(items: Iterable[tuple[Item, int, int]]) -> Iterator[list[Item]]:
    """Items, each given with its passages and its code points, of which a batch has as many as a commit is to have.

    Those before an error of `items` come before it.
    """
    waiting: list[Item] = []
    passages = length = 0
    try:
        for item, its_passages, its_length in items:
            waiting.append(item)
            passages += its_passages
            length += its_length
            if passages >= BATCH_PASSAGES or len(waiting) >= BATCH_PASSAGES or length >= BATCH_LENGTH:
                yield waiting
                waiting, passages, length = [], 0, 0
    except Exception:
        if waiting:
            yield waiting
        raise
    if waiting:
        yield waiting
