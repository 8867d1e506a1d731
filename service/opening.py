"""What settings name, opened: models, databases, engines, endpoints; what cannot be is an error of its setting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from corpus.library.choose import open_database
from corpus.library.database import Database
from corpus.library.reading import Library
from indexing.encoders.choose import open_encoder
from indexing.encoders.protocol import PieceEncoder
from indexing.errors import RerankerNotFound
from indexing.generations.in_folder import InFolder
from indexing.rerankers.protocol import Reranker
from indexing.vectors.plan import Plan
from service.core.answerable import SHIPPED, AnswerableModel, load_model
from service.core.errors import AnswerableModelBroken, GeneratorRefused
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from indexing.milvus.generations import InMilvus
    from service.generators.chat import ChatEndpoint
    from service.traces import Traces


def encoder_of(settings: Settings, *, tell: Callable[[str], None]) -> PieceEncoder:
    """The configured encoder. Raises EncoderError, DeviceUnusable or CacheUnusable.

    `tell` is given a sentence for who waits, where it has to be prepared first.
    """
    return open_encoder(
        settings.encoder,
        backend=settings.encoder_backend,
        precision=settings.encoder_precision,
        cache=settings.cache,
        threads=settings.threads,
        device=settings.device,
        on_export=lambda name: tell(f"Preparing the encoder {name}; this happens once and takes about 20 seconds ..."),
    )


def reranker_of(settings: Settings) -> Reranker | None:
    """The cross-encoder, if one is set. Raises DeviceUnusable, and SettingsError for a model that cannot be used."""
    if settings.reranker is None:
        return None
    # imports torch, which serving does without
    from indexing.rerankers.cross_encoder import open_reranker  # noqa: PLC0415

    try:
        return open_reranker(settings.reranker, device=settings.device, threads=settings.threads)
    except RerankerNotFound as error:
        raise SettingsError(f"BYLINE_RERANKER: {error.name}: {error.reason}") from error


def database_of(settings: Settings) -> Database:
    """Where the library is kept. Raises SettingsError for an address that cannot be read."""
    address = None if settings.library is None else settings.library.get_secret_value()
    try:
        with _extra("postgres", "BYLINE_LIBRARY", "psycopg"):
            return open_database(settings.home, address)
    except ValueError as error:
        # the address, which may have a password, is not shown
        raise SettingsError(f"BYLINE_LIBRARY: {error}") from None


def folder_of(settings: Settings) -> InFolder:
    """The folder where indexes are published unless an engine has them."""
    return InFolder(settings.home, plan=plan_of(settings))


def plan_of(settings: Settings) -> Plan:
    """How vector indexes are built."""
    return Plan(settings.vector_index, settings.vector_recall, settings.threads)


def milvus_of(settings: Settings, library: Callable[[], Library]) -> "InMilvus | None":
    """The Milvus that has the indexes of a library, if one is set. Raises SettingsError."""
    if settings.milvus_address is None:
        return None
    if settings.milvus_address.own_process and find_spec("milvus_lite") is None:
        raise SettingsError(f"BYLINE_MILVUS: a file of it needs Milvus Lite, which is not here; {_how('milvus-lite')}")
    with _extra("milvus", "BYLINE_MILVUS", "Milvus's client"):
        from indexing.milvus.generations import InMilvus  # noqa: PLC0415 - an extra, which most do without

    return InMilvus(settings.milvus_address, library)


def answerable_model_of(settings: Settings) -> AnswerableModel:
    """What `answerable` is estimated with. Raises SettingsError for a file that is none."""
    try:
        return load_model(settings.answerable_model or SHIPPED)
    except AnswerableModelBroken as error:
        raise SettingsError(f"BYLINE_ANSWERABLE_MODEL: {error}") from error


def generator_of(settings: Settings) -> "ChatEndpoint | None":
    """The language model, if one is set. Raises SettingsError for an address or key that cannot be used."""
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


def traces_of(settings: Settings) -> "Traces | None":
    """Where requests are sent as traces, if that is set. Raises SettingsError where OpenTelemetry is not installed."""
    if settings.traces is None:
        return None
    with _extra("otel", "BYLINE_TRACES", "OpenTelemetry"):
        from service.traces import Traces  # noqa: PLC0415 - an extra, which most services do without

    return Traces(settings.traces)


def check_cluster(settings: Settings) -> None:
    """Raises SettingsError where Ray is not installed, or for settings that its workers cannot follow."""
    if find_spec("ray") is None:
        raise SettingsError(f"--engine ray: it needs Ray, which is not here; {_how('ray')}")
    if settings.device != "cpu":
        raise SettingsError(f"BYLINE_DEVICE: workers of a cluster encode on processors, not on {settings.device}")


@contextmanager
def _extra(name: str, setting: str, needed: str) -> Iterator[None]:
    """Raises SettingsError where what an extra installs is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(f"{setting}: it needs {needed}, which is not here ({error}); {_how(name)}") from error


def _how(extra: str) -> str:
    return f"`pip install -c constraints.txt -e '.[{extra}]'` at the top of Byline's tree installs it"
