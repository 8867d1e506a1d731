"""Taking articles in: made ready and stored, a few at a time, each few one durable commit."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from corpus.article import Article
from corpus.library.identity import Identity, check_identity
from corpus.library.reading import Library
from corpus.library.records import Incoming, PutResult
from corpus.library.writing import Writer, writing
from indexing.ahead import Stop
from indexing.encoders.protocol import Encoder, PieceEncoder
from indexing.late.pieces import PIECE_CODES
from indexing.preparing import Prepared, Preparer, Preparing, Wanted


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


_Ready = tuple[Draft, Prepared | None]
"""A draft as it is to be stored; None where the library holds the article already."""


class Ingester:
    """Puts articles into one library with one encoder. Makes the library if there is none.

    `preparing` makes many of them ready elsewhere; by default that happens here.
    Raises LibraryMismatch when the library was made with another encoder or other limits.
    """

    def __init__(
        self,
        library: Library,
        *,
        encoder: PieceEncoder,
        identity: Identity,
        wait_seconds: float,
        preparing: Preparing | None = None,
    ) -> None:
        self._library = library
        self._identity = identity
        self._wait_seconds = wait_seconds
        self._preparer = Preparer(encoder=encoder, identity=identity)
        self._preparing = preparing or self._preparer

    def put(self, draft: Draft, *, stop: Stop | None = None) -> Stored:
        """Stores one article. Raises LibraryBusy or another LibraryError; then nothing was stored.

        Only where LibraryUnavailable says so, it is not certain; storing it again does no harm.

        `stop` asks it to end early, with CancelledError, before it has begun to store.
        """
        stop = stop or Stop()
        prepared = None if self._holds(draft.article) else self._preparer.prepared([draft.article], stop=stop)[0]
        stop.check()
        return self._kept([(draft, prepared)])[0]

    def put_all(self, drafts: Iterable[Draft]) -> Iterator[Stored]:
        """Stores articles in order, telling of each once it is durable. What went in before an error stays in.

        Also before an error of `drafts`; `commits` says what is held. Of what the error is of nothing is in, unless
        LibraryUnavailable says that it is not certain.
        """
        for store in self.commits(drafts):
            yield from store()

    def commits(self, drafts: Iterable[Draft]) -> Iterator[Callable[[], list[Stored]]]:
        """The same in steps: each is ready to be stored, and makes one durable commit, or none, when it is called.

        While some are made ready, the next are read and the former stored; `Preparing` bounds how many are held.
        """
        waiting = deque[Draft]()

        def articles() -> Iterator[Wanted]:
            for draft in drafts:
                waiting.append(draft)
                yield draft.article, not self._holds(draft.article)

        for batch in self._preparing.ahead(articles()):
            yield partial(self._kept, [(waiting.popleft(), prepared) for prepared in batch])

    def resplit(self) -> Iterator[str]:
        """Splits and encodes every current article anew for this encoder and these limits; yields each one's id.

        All of it is one commit, made when the last id was taken: until then, and if it is broken off, the library
        stays as it was.
        """
        with writing(self._library.database, wait_seconds=self._wait_seconds) as writer:
            writer.set_identity(self._identity)
            for summary in writer.before.summaries():
                article = writer.before.revision(summary.id).article
                writer.replace_passages(_incoming(Draft(article), self._preparer.prepared([article])[0]))
                yield summary.id

    def _holds(self, article: Article) -> bool:
        with self._library.snapshot() as snapshot:
            return snapshot.holds(article)

    def _kept(self, batch: list[_Ready]) -> list[Stored]:
        if all(prepared is None for _, prepared in batch) and (unchanged := self._unchanged(batch)) is not None:
            return unchanged
        with writing(self._library.database, wait_seconds=self._wait_seconds) as writer:
            # another process may have given the library another encoder since this one looked
            check_identity(self._library.home, writer.before.identity, wanted=self._identity)
            return [self._store(writer, draft, prepared) for draft, prepared in batch]

    def _unchanged(self, batch: list[_Ready]) -> list[Stored] | None:
        """What becomes of drafts that the library holds already, which takes no commit; None if one changed since."""
        with self._library.snapshot() as snapshot:
            check_identity(self._library.home, snapshot.identity, wanted=self._identity)
            if not all(snapshot.holds(draft.article) for draft, _ in batch):
                return None
            return [Stored(draft, PutResult.UNCHANGED, snapshot.passage_count(draft.article.id)) for draft, _ in batch]

    def _store(self, writer: Writer, draft: Draft, prepared: Prepared | None) -> Stored:
        if prepared is None:
            if writer.before.holds(draft.article):
                return Stored(draft, PutResult.UNCHANGED, writer.before.passage_count(draft.article.id))
            # it was there when the draft came in, and another writer has changed it since
            (prepared,) = self._preparer.prepared([draft.article])
        return Stored(draft, writer.put(_incoming(draft, prepared)), len(prepared.spans))


def _incoming(draft: Draft, prepared: Prepared) -> Incoming:
    return Incoming(draft.article, prepared.spans, prepared.vectors, prepared.pieces, draft.origin)


def identity_of(encoder: Encoder, *, max_tokens: int, overlap_tokens: int) -> Identity:
    """What a library made with this encoder and these limits depends on."""
    model = encoder.identity
    return Identity(
        model.name, model.sha256, model.dim, model.max_pieces, max_tokens, overlap_tokens, piece_codes=PIECE_CODES
    )
