"""Every setting, and the only place that reads the environment."""

import os
from pathlib import Path
from typing import Annotated

from platformdirs import user_cache_path, user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from indexing.encoders.backend import Backend, Precision
from indexing.encoders.source import PACKAGED_NAME
from indexing.milvus.address import Address, Index, uri_in
from indexing.vectors.plan import Kind
from service.keys.limit import MAX_PER_MINUTE
from service.logs import LogFormat
from service.origins import origins_in
from service.trace_collector import endpoint_in


def address_in(value: object) -> object:
    """For a validator: ValueError, without the address, which may have a password, unless it is PostgreSQL's."""
    if isinstance(value, str) and not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("it must begin with postgresql://")
    return value


class SettingsError(Exception):
    """A setting has a value it cannot have; the message names it."""


def _of_files(kind: Kind | None) -> Kind | None:
    if kind is Kind.MILVUS:
        of_files = ", ".join(one for one in Kind if one is not Kind.MILVUS)
        raise ValueError(f"it is one of {of_files}; where Milvus has the indexes, BYLINE_MILVUS names one")
    return kind


def _is_utf8(folder: Path) -> Path:
    try:
        str(folder.absolute()).encode()
    except UnicodeEncodeError as error:
        # the indexes and the encoder are kept by libraries that take no other
        raise ValueError("the path of this folder is not UTF-8; name one that is") from error
    return folder


_Folder = Annotated[Path, AfterValidator(_is_utf8)]


class Settings(BaseSettings):
    """What can be set, each as BYLINE_ and its name in capitals. Raises SettingsError in `load_settings`."""

    model_config = SettingsConfigDict(
        # an address may have a password, which an error is not to repeat
        env_prefix="BYLINE_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True,
    )  # fmt: skip

    home: _Folder = Field(
        default_factory=lambda: user_data_path("byline"), description="The folder with the library and its indexes."
    )
    library: Annotated[SecretStr | None, BeforeValidator(address_in)] = Field(
        default=None,
        description="Address of a PostgreSQL database, such as `postgresql://byline@db.example/news`, that keeps the"
        " library in the place of SQLite. Needs the extra `postgres`.",
    )
    cache: _Folder = Field(
        default_factory=lambda: user_cache_path("byline"),
        description="Where exported encoders are kept; may be deleted at any time.",
    )
    encoder: str = Field(
        default=PACKAGED_NAME,
        description="The sentence-transformers model: the packaged one, a folder, or a name on the model hub.",
    )
    encoder_backend: Backend = Field(
        default=Backend.ONNX,
        description="What runs the encoder: `onnx`, or `sentence-transformers` for models that cannot be exported.",
    )
    encoder_precision: Precision = Field(
        default=Precision.INT8,
        description="What `onnx` computes in: `int8`, or `fp32` for models that lose by int8. A library may be searched"
        " with either.",
    )
    reranker: str | None = Field(
        default=None,
        description="A sentence-transformers CrossEncoder, by folder or name on the model hub, that re-ranks in place"
        " of late interaction.",
    )
    device: str = Field(
        default="cpu", description="Where the sentence-transformers backend and the reranker run, such as `cuda`."
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 8),
        description="Processor threads that encode passages, and FAISS's while it builds.",
    )
    max_tokens: Annotated[int, Field(ge=8, le=8192)] = Field(
        default=160, description="Bound of a passage in tiktoken `o200k_base` tokens; fixed when a library is made."
    )
    overlap_tokens: Annotated[int, Field(ge=0, le=4096)] = Field(
        default=0,
        description="Most tokens, in whole sentences, that a passage repeats of the one before; fixed likewise.",
    )
    vector_index: Annotated[Kind | None, AfterValidator(_of_files)] = Field(
        default=None,
        description="`exact`, `quantised` or `ivf`; by default exact below 4,096 passages of a part, and ivf from"
        " 200,000. Used when indexes are next built.",
    )
    vector_recall: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.99, description="Share of the exact ten nearest passages that a quantised index is built to find."
    )
    milvus: Annotated[str | None, BeforeValidator(uri_in)] = Field(
        default=None,
        description="Address of a Milvus that has the indexes in place of BYLINE_HOME, such as"
        " `http://127.0.0.1:19530`. Needs the extra `milvus`.",
    )
    milvus_token: SecretStr | None = Field(
        default=None, description="What that Milvus asks for: a token, or `user:password`."
    )
    milvus_prefix: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] = Field(
        default="byline", description="Begins the names of its collections. Two copies of a library need two."
    )
    milvus_index: Index = Field(
        default=Index.HNSW,
        description="How it indexes vectors: `hnsw`, `ivf_sq8` or `autoindex`. Used when `byline rebuild` next runs.",
    )
    milvus_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=5.0, description="How long one call of it may take before a question is refused with 503."
    )
    answerable_threshold: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.35, description="A question whose `answerable` is below this gets an abstention."
    )
    answerable_model: Path | None = Field(
        default=None,
        description="A model of `answerable` that `python -m eval.fit_answerable` fitted to other questions.",
    )
    llm_url: str | None = Field(
        default=None,
        description="Base URL of an OpenAI-compatible endpoint that writes the answers, such as"
        " `http://127.0.0.1:11434/v1`; without it they are extracts.",
    )
    llm_model: str | None = Field(default=None, description="The model's name at that endpoint.")
    llm_key: SecretStr | None = Field(default=None, description="Sent to that endpoint as a bearer token.")
    llm_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=20.0, description="How long one call of the model may take before the answer is extracted instead."
    )
    llm_passage_tokens: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        default=2000, description="Bound of the passages given to the model, in tiktoken `o200k_base` tokens."
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port the service listens on; 0 takes a free one."
    )
    open: bool = Field(
        default=False,
        description="Lets the service listen where other machines reach it though no API key was made. Once one was,"
        " requests need a key all the same.",
    )
    key_rate: Annotated[int, Field(ge=0, le=MAX_PER_MINUTE)] = Field(
        default=600, description="Requests a minute of an API key that was made without `--rate`; 0 sets no limit."
    )
    cors_origins: Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(origins_in)] = Field(
        default=None,
        description="Web origins whose pages may call the service from a browser, such as `https://news.example`,"
        " separated by commas.",
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1, description="Processes that serve, each with all of the index and a share of the connections."
    )
    engine_threads: Annotated[int, Field(ge=1, le=256)] | None = Field(
        default=None,
        description="Threads of each process that answer questions; by default 2 in a single process, else 1, and 16"
        " with a language model, for which they wait.",
    )
    queue: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=64, description="Questions that may wait in each process; one more is refused with 503."
    )
    queue_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=5.0, description="How long a question or a write may wait for its turn; then it is refused with 503."
    )
    question_cache_mb: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=16,
        description="Memory of each process for the vectors of recent questions, about 40 of them to a MB; 0 keeps"
        " none.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.TEXT, description="What the service logs: `text` for people, or `json`, an object a line."
    )
    log_questions: bool = Field(
        default=False, description="Whether the log has what is asked, in the askers' words; nothing else of them."
    )
    traces: Annotated[str | None, BeforeValidator(endpoint_in)] = Field(
        default=None,
        description="Address of an OpenTelemetry collector that takes OTLP over HTTP, such as"
        " `http://127.0.0.1:4318`; it is sent a trace of each request, without its words. Needs the extra `otel`.",
    )
    write_wait_seconds: Annotated[float, Field(ge=0)] = Field(
        default=10.0, description="How long a write waits for another process that is writing."
    )

    def in_sqlite(self, home: Path) -> "Settings":
        """The same with a library of its own in a folder, whichever keeps the one that is served."""
        return self.model_copy(update={"home": home, "library": None})

    @property
    def milvus_address(self) -> Address | None:
        """What is set of Milvus; None where indexes are in BYLINE_HOME."""
        if self.milvus is None:
            return None
        return Address(
            uri=self.milvus,
            token=None if self.milvus_token is None else self.milvus_token.get_secret_value(),
            prefix=self.milvus_prefix,
            index=self.milvus_index,
            timeout_seconds=self.milvus_timeout_seconds,
        )


def load_settings(*, home: Path | None = None) -> Settings:
    """The settings from the environment; `home`, if given, overrides BYLINE_HOME. Raises SettingsError."""
    try:
        settings = Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        named = {} if home is None else {"home": "--home"}
        lines = [
            f"{named.get(field := str(item['loc'][0]), f'BYLINE_{field.upper()}')}: {_reason(item['msg'])}"
            for item in error.errors()
        ]
        raise SettingsError("; ".join(lines)) from error
    if settings.overlap_tokens >= settings.max_tokens:
        raise SettingsError("BYLINE_OVERLAP_TOKENS: it must be less than BYLINE_MAX_TOKENS")
    if (settings.llm_url is None) != (settings.llm_model is None):
        missing = "BYLINE_LLM_URL" if settings.llm_url is None else "BYLINE_LLM_MODEL"
        raise SettingsError(f"{missing}: a language model needs both BYLINE_LLM_URL and BYLINE_LLM_MODEL")
    return settings


def _reason(message: str) -> str:
    """As our own messages are; pydantic puts words in front of them, and has its own of an input."""
    return message.removeprefix("Value error, ").replace("Input should", "it must", 1)
