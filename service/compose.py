"""The composition root: builds every part from the settings, and nothing else does."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from corpus.errors import CorpusError
from corpus.library.identity import Identity
from corpus.library.reading import Library
from corpus.library.writing import make_library, writing
from indexing.encoders.choose import open_encoder
from indexing.encoders.protocol import PieceEncoder
from indexing.errors import IndexingError, RerankerNotFound
from indexing.generations.apart import Step, carry_out, carry_out_apart
from indexing.generations.manifest import Manifest
from indexing.generations.publishing import publish
from indexing.ingest import Ingester, identity_of
from indexing.rerankers.protocol import Reranker
from indexing.searching import SearchIndex
from indexing.vectors.plan import Plan
from service.core.abstain import SHIPPED, AnswerableModel, load_model
from service.core.engine import Engine
from service.core.errors import AnswerableModelBroken, GeneratorRefused
from service.core.generated import Writer
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from service.generators.chat import ChatEndpoint

_LOG = logging.getLogger("byline")

_PAUSE_SECONDS = 30.0
"""Between a publication that failed, as where the disk is full, and the next try: each costs a process."""

OpenEncoder = Callable[[Settings], PieceEncoder]
OpenReranker = Callable[[Settings], Reranker]


class Parts:
    """The parts of one process, each built when it is first asked for.

    `encoder` and `reranker` replace the configured ones, which is how tests hand in their own. `apart` has indexes
    built by other processes, so that the questions of this one are not held up.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        encoder: OpenEncoder | None = None,
        reranker: OpenReranker | None = None,
        on_export: Callable[[str], None] = lambda _: None,
        apart: bool = False,
    ) -> None:
        self.settings = settings
        self._open_encoder = encoder
        self._open_reranker = reranker
        self._on_export = on_export
        self._carry_out = carry_out_apart if apart else carry_out
        # a merge of much takes minutes, in which new passages go on being flushed
        self._background = ThreadPoolExecutor(len(Step), thread_name_prefix="compaction")
        self._under_way = {step: threading.Lock() for step in Step}
        self._not_before = dict.fromkeys(Step, 0.0)
        self._closing = False

    @cached_property
    def encoder(self) -> PieceEncoder:
        """The configured encoder. Raises EncoderNotFound or ExportRefused."""
        if self._open_encoder is not None:
            return self._open_encoder(self.settings)
        return open_encoder(
            self.settings.encoder,
            backend=self.settings.encoder_backend,
            precision=self.settings.encoder_precision,
            cache=self.settings.cache,
            threads=self.settings.threads,
            device=self.settings.device,
            on_export=self._on_export,
        )

    @cached_property
    def reranker(self) -> Reranker | None:
        """The cross-encoder, if one is set. Raises SettingsError for a model that is not there or is none."""
        settings = self.settings
        if self._open_reranker is not None:
            return self._open_reranker(settings)
        if settings.reranker is None:
            return None
        # imports torch, which serving does without
        from indexing.rerankers.cross_encoder import open_reranker  # noqa: PLC0415

        try:
            return open_reranker(settings.reranker, device=settings.device, threads=settings.threads)
        except RerankerNotFound as error:
            raise SettingsError(f"BYLINE_RERANKER: {error.name}: {error.reason}") from error

    @cached_property
    def identity(self) -> Identity:
        """What a library made with these settings depends on."""
        return identity_of(
            self.encoder, max_tokens=self.settings.max_tokens, overlap_tokens=self.settings.overlap_tokens
        )

    @cached_property
    def library(self) -> Library:
        """The library in BYLINE_HOME. Raises LibraryMissing, LibraryBroken or LibraryMismatch."""
        return Library(self.settings.home)

    @cached_property
    def index(self) -> SearchIndex:
        """The search index over the library. Raises IndexBroken or LibraryMismatch."""
        return SearchIndex(self.library, identity=self.identity)

    @cached_property
    def answerable_model(self) -> AnswerableModel:
        """What `answerable` is estimated with. Raises SettingsError for a file that is none."""
        try:
            return load_model(self.settings.answerable_model or SHIPPED)
        except AnswerableModelBroken as error:
            raise SettingsError(f"BYLINE_ANSWERABLE_MODEL: {error}") from error

    @cached_property
    def generator(self) -> "ChatEndpoint | None":
        """The language model, if one is set. Raises SettingsError for an address or key that cannot be used."""
        settings = self.settings
        if settings.llm_url is None or settings.llm_model is None:
            return None
        # httpx takes 0.1 s to import, which most processes can do without
        from service.generators.chat import ChatEndpoint  # noqa: PLC0415

        try:
            return ChatEndpoint(
                base_url=settings.llm_url,
                model=settings.llm_model,
                key=None if settings.llm_key is None else settings.llm_key.get_secret_value(),
                timeout_seconds=settings.llm_timeout_seconds,
            )
        except GeneratorRefused as error:
            field = {"base_url": "BYLINE_LLM_URL", "model": "BYLINE_LLM_MODEL", "key": "BYLINE_LLM_KEY"}[error.field]
            raise SettingsError(f"{field}: {error.reason}") from error

    @cached_property
    def engine(self) -> Engine:
        """The core."""
        return self._engine()

    @cached_property
    def serving_engine(self) -> Engine:
        """The core with a memory for recent questions, which would make figures of an evaluation too good."""
        return self._engine(remembered_bytes=self.settings.question_cache_mb << 20)

    def _engine(self, *, remembered_bytes: int = 0) -> Engine:
        writer = None if self.generator is None else Writer(self.generator, tokens=self.settings.llm_passage_tokens)
        return Engine(
            library=self.library,
            index=self.index,
            encoder=self.encoder,
            answerable_model=self.answerable_model,
            answerable_threshold=self.settings.answerable_threshold,
            reranker=self.reranker,
            writer=writer,
            remembered_bytes=remembered_bytes,
        )

    @cached_property
    def ingester(self) -> Ingester:
        """What takes articles in. Raises LibraryMismatch when the library was made by another encoder."""
        make_library(self.settings.home, self.identity, wait_seconds=self.settings.write_wait_seconds)
        return self.reingester

    @cached_property
    def reingester(self) -> Ingester:
        """What splits and encodes anew; the library may have been made by another encoder."""
        return Ingester(
            self.library,
            encoder=self.encoder,
            identity=self.identity,
            wait_seconds=self.settings.write_wait_seconds,
        )

    def remove(self, article_id: str) -> None:
        """Takes an article out of search and listing, durably. Raises ArticleNotFound or a LibraryError."""
        with writing(self.settings.home, wait_seconds=self.settings.write_wait_seconds) as writer:
            writer.remove(article_id)

    def compact(self) -> Manifest:
        """Makes all indexes anew, as one part. Raises LibraryBusy when another process is at it."""
        return publish(self.library, wait_seconds=self.settings.write_wait_seconds, plan=self._plan)

    def compact_if_due(self, *, apart: bool = False) -> None:
        """Has what is outside the current generation made a part of it in the background, if that is much.

        It is searchable all the while. So are parts that are made one, as they should be few. What fails is logged,
        and a write tries again half a minute later or after. Where the index is open, raises IndexBroken or a
        LibraryError when it cannot be read; what was written before is stored anyway. `apart` has it done by another
        process this time.
        """
        carried_out = carry_out_apart if apart else self._carry_out
        for step in self._due():
            if time.monotonic() >= self._not_before[step] and self._under_way[step].acquire(blocking=False):
                self._background.submit(self._compact, step, carried_out)

    def _due(self) -> list[Step]:
        if not self._index_is_open:
            # the steps look for themselves, which takes reading a manifest and not the indexes
            return list(Step)
        with self.index.reading() as (_, view):
            due = {Step.FLUSH: view.flush_due, Step.MERGE: view.merge_due}
        return [step for step, is_due in due.items() if is_due]

    @property
    def _index_is_open(self) -> bool:
        return "index" in self.__dict__

    @property
    def _plan(self) -> Plan:
        return Plan(self.settings.vector_index, self.settings.vector_recall, self.settings.threads)

    def _compact(self, step: Step, carry_out: Callable[..., None]) -> None:
        try:
            carry_out(step, self.library, wait_seconds=self.settings.write_wait_seconds, plan=self._plan)
            # what is about to close is asked nothing more
            if self._index_is_open and not self._closing:
                self.index.adopt()
        except (CorpusError, IndexingError, OSError):
            _LOG.exception("could not publish a new index generation")
            self._not_before[step] = time.monotonic() + _PAUSE_SECONDS
        finally:
            self._under_way[step].release()

    def close(self) -> None:
        """Waits for a compaction under way and closes what was opened."""
        self._closing = True
        self._background.shutdown()
        if "generator" in self.__dict__ and self.generator is not None:
            self.generator.close()
        if "library" in self.__dict__:
            self.library.close()


@contextmanager
def opened(
    settings: Settings, *, on_export: Callable[[str], None] = lambda _: None, apart: bool = False
) -> Iterator[Parts]:
    """Parts that are closed when the block ends."""
    parts = Parts(settings, on_export=on_export, apart=apart)
    try:
        yield parts
    finally:
        parts.close()
