"""Chat completions: the reply, as one object or as chunks of a stream."""

import time
import uuid
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from service.schemas.fields import Exact
from service.schemas.openai.answered import Answered, BylineOut, Cited, UrlCitation
from service.schemas.openai.examples import COMPLETION_EXAMPLE
from service.schemas.openai.names import MODEL
from service.schemas.replies import CitationOut


class Annotation(Exact):
    """A citation placed on the message, with the exact words it stands for in `byline`."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    byline: CitationOut

    @classmethod
    def of(cls, cited: Cited) -> "Annotation":
        """In the form of chat completions."""
        return cls(url_citation=cited.url_citation, byline=cited.byline)


class Usage(Exact):
    """Tokens of tiktoken's `o200k_base`: of the user's turns that were read, and of the answer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, answered: Answered) -> "Usage":
        """Of one answer."""
        read, written = answered.asked_tokens, answered.answer_tokens
        return cls(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


class MessageOut(Exact):
    """The answer, or why there is none."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation] = Field(description="None for an abstention.")


class Choice(Exact):
    """The only one."""

    index: Literal[0] = 0
    message: MessageOut
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class CompletionOut(Exact):
    """The reply."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage
    byline: BylineOut

    model_config = ConfigDict(json_schema_extra={"examples": [COMPLETION_EXAMPLE]})

    @classmethod
    def of(cls, answered: Answered) -> "CompletionOut":
        """The whole answer."""
        message = MessageOut(content=answered.content, annotations=list(map(Annotation.of, answered.citations)))
        return cls(
            id=_new_id(),
            created=int(time.time()),
            choices=[Choice(message=message)],
            usage=Usage.of(answered),
            byline=answered.byline,
        )


class _Sparse(Exact):
    """What leaves out the members that it does not have."""

    @model_serializer(mode="wrap")
    def _without_absent(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialise(self).items() if value is not None}


class Delta(_Sparse):
    """What a chunk adds to the message. All annotations come in one chunk, when the content is complete."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(Exact):
    """The only one."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class ChunkOut(_Sparse):
    """A part of the reply."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: list[ChunkChoice]
    usage: Usage | None = None
    byline: BylineOut | None = Field(None, description="In the chunk that ends the message.")


def chunks(answered: Answered, *, with_usage: bool) -> Iterator[str]:
    """The same answer as chunks, each as JSON: role, words, annotations, end, and usage if it is asked for."""
    name, created = _new_id(), int(time.time())
    annotations = list(map(Annotation.of, answered.citations))
    deltas = [Delta(role="assistant", content=""), *(Delta(content=piece) for piece in answered.pieces)]
    if annotations:
        deltas.append(Delta(annotations=annotations))
    for delta in deltas:
        yield ChunkOut(id=name, created=created, choices=[ChunkChoice(delta=delta)]).model_dump_json()
    end = ChunkChoice(delta=Delta(), finish_reason="stop")
    yield ChunkOut(id=name, created=created, choices=[end], byline=answered.byline).model_dump_json()
    if with_usage:
        yield ChunkOut(id=name, created=created, choices=[], usage=Usage.of(answered)).model_dump_json()


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
