"""The composition root: which parts a process has, and how they are joined; `opening` opens what settings name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from corpus.library.database import Database
from corpus.library.identity import Identity
from corpus.library.reading import Library
from corpus.library.writing import make_library, writing
from corpus.readers.process import ReaderProcess
from indexing.encoders.protocol import PieceEncoder
from indexing.generations.manifest import Manifest
from indexing.generations.protocol import Generations
from indexing.ingest import Ingester, identity_of
from indexing.preparing import Preparing
from indexing.rerankers.protocol import Reranker
from indexing.searching import SearchIndex
from indexing.vectors.plan import Plan
from service import opening
from service.core.answerable import AnswerableModel
from service.core.engine import Engine
from service.core.values import Asked
from service.core.writer import Writer
from service.settings import Settings
from service.upkeep import Upkeep

if TYPE_CHECKING:
    from service.generators.chat import ChatEndpoint
    from service.metrics import Metrics
    from service.traces import Traces

OpenEncoder = Callable[[Settings], PieceEncoder]
OpenReranker = Callable[[Settings], Reranker]


class Parts:
    """The parts of one process, each built when it is first asked for.

    `encoder` and `reranker` replace the configured ones, which is how tests hand in their own. `in_other_process` has
    indexes built by other processes, so that the questions of this one are not held up.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        encoder: OpenEncoder | None = None,
        reranker: OpenReranker | None = None,
        tell: Callable[[str], None] = lambda _: None,
        in_other_process: bool = False,
    ) -> None:
        self.settings = settings
        self._open_encoder = encoder
        self._open_reranker = reranker
        self._tell = tell
        self._closing: list[Callable[[], None]] = []
        self._upkeep = Upkeep(
            library=lambda: self.library,
            index=lambda: self.__dict__.get("index"),
            generations=lambda: self.generations,
            wait_seconds=settings.write_wait_seconds,
            in_other_process=in_other_process,
        )

    @cached_property
    def encoder(self) -> PieceEncoder:
        """The configured encoder. Raises EncoderError, DeviceUnusable or CacheUnusable."""
        if self._open_encoder is not None:
            return self._open_encoder(self.settings)
        return opening.encoder_of(self.settings, tell=self._tell)

    @cached_property
    def reranker(self) -> Reranker | None:
        """The cross-encoder, if one is set. Raises SettingsError for a model that is not there or is none."""
        if self._open_reranker is not None:
            return self._open_reranker(self.settings)
        return opening.reranker_of(self.settings)

    @cached_property
    def identity(self) -> Identity:
        """What a library made with these settings depends on."""
        return identity_of(
            self.encoder, max_tokens=self.settings.max_tokens, overlap_tokens=self.settings.overlap_tokens
        )

    @cached_property
    def database(self) -> Database:
        """Where the library is kept. Raises SettingsError for an address that cannot be read."""
        return opening.database_of(self.settings)

    @cached_property
    def library(self) -> Library:
        """The library of BYLINE_HOME. Raises LibraryMissing, LibraryBroken, LibraryMismatch or LibraryUnavailable."""
        return Library(self.database)

    @cached_property
    def generations(self) -> Generations:
        """Where indexes are published. Raises SettingsError where Milvus's client is not installed."""
        return self.generations_of(lambda: self.library)

    def generations_of(self, library: Callable[[], Library]) -> Generations:
        """The same for another library. Raises SettingsError."""
        milvus = opening.milvus_of(self.settings, library)
        if milvus is None:
            return opening.folder_of(self.settings)
        self._closing.append(milvus.close)
        return milvus

    @cached_property
    def index(self) -> SearchIndex:
        """The search index over the library. Raises IndexBroken or LibraryMismatch."""
        return SearchIndex(self.library, identity=self.identity, generations=self.generations)

    @cached_property
    def answerable_model(self) -> AnswerableModel:
        """What `answerable` is estimated with. Raises SettingsError for a file that is none."""
        return opening.answerable_model_of(self.settings)

    @cached_property
    def generator(self) -> "ChatEndpoint | None":
        """The language model, if one is set. Raises SettingsError for an address or key that cannot be used."""
        return opening.generator_of(self.settings)

    @cached_property
    def engine(self) -> Engine:
        """The core."""
        return self._engine()

    @cached_property
    def serving_engine(self) -> Engine:
        """The core with a memory for recent questions, which would make figures of an evaluation too good."""
        return self._engine(remembered_bytes=self.settings.question_cache_mb << 20, on_asked=self._asked)

    @cached_property
    def metrics(self) -> "Metrics":
        """What this process counts; serves only."""
        from service.metrics import Metrics, held_by  # noqa: PLC0415 - takes 10 ms, which only a service needs

        return Metrics(held=lambda: held_by(self.index))

    @cached_property
    def traces(self) -> "Traces | None":
        """Where requests and the steps of their questions are sent as traces, if that is set; serves only.

        Raises SettingsError where OpenTelemetry is not installed.
        """
        return opening.traces_of(self.settings)

    def _asked(self, asked: Asked) -> None:
        self.metrics.question(asked)
        # opened by the HTTP service only: elsewhere no request is there to trace
        traces: Traces | None = self.__dict__.get("traces")
        if traces is not None:
            traces.question(asked)

    def _engine(self, *, remembered_bytes: int = 0, on_asked: Callable[[Asked], None] = lambda _: None) -> Engine:
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
            on_asked=on_asked,
        )

    @cached_property
    def ingester(self) -> Ingester:
        """What takes articles in. Raises LibraryMismatch when the library was made by another encoder."""
        make_library(self.database, self.identity, wait_seconds=self.settings.write_wait_seconds)
        return self.reingester

    @cached_property
    def reading(self) -> ReaderProcess:
        """What reads files and pages, in a process of its own."""
        return ReaderProcess()

    @cached_property
    def reingester(self) -> Ingester:
        """What splits and encodes anew; the library may have been made by another encoder."""
        return self.ingester_with(None)

    def ingester_with(self, preparing: Preparing | None) -> Ingester:
        """What takes articles in as `preparing` has split and encoded them; None is this process's encoder."""
        return Ingester(
            self.library,
            encoder=self.encoder,
            identity=self.identity,
            wait_seconds=self.settings.write_wait_seconds,
            preparing=preparing,
        )

    def remove(self, article_id: str) -> None:
        """Takes an article out of search and listing, durably. Raises ArticleNotFound or a LibraryError."""
        with writing(self.database, wait_seconds=self.settings.write_wait_seconds) as writer:
            writer.remove(article_id)

    def rebuild(self) -> Manifest:
        """Makes all indexes anew. Raises LibraryBusy when another process is at it."""
        return self.generations.publish(self.library, wait_seconds=self.settings.write_wait_seconds)

    def keep_up(self, *, in_other_process: bool = False) -> None:
        """Brings the indexes up to date in the background if that is due; see Upkeep."""
        self._upkeep.begin_if_due(in_other_process=in_other_process)

    @property
    def plan(self) -> Plan:
        """How vector indexes are built."""
        return opening.plan_of(self.settings)

    def close(self) -> None:
        """Waits for indexes that this process is building and closes what was opened."""
        self._upkeep.close()
        if "reading" in self.__dict__:
            self.reading.close()
        if "generator" in self.__dict__ and self.generator is not None:
            self.generator.close()
        for close in self._closing:
            close()
        if "library" in self.__dict__:
            self.library.close()
        if "traces" in self.__dict__ and self.traces is not None:
            self.traces.close()


@contextmanager
def opened(
    settings: Settings, *, tell: Callable[[str], None] = lambda _: None, in_other_process: bool = False
) -> Iterator[Parts]:
    """Parts that are closed when the block ends."""
    parts = Parts(settings, tell=tell, in_other_process=in_other_process)
    try:
        yield parts
    finally:
        parts.close()
