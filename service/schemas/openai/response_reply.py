"""Responses: the reply."""

import time
import uuid
from typing import Any, Literal

from pydantic import ConfigDict, Field

from service.schemas.fields import Exact
from service.schemas.openai.answered import Answered, BylineOut, Cited
from service.schemas.openai.examples import RESPONSE_EXAMPLE
from service.schemas.openai.names import MODEL
from service.schemas.openai.response_request import ResponseIn
from service.schemas.replies import CitationOut


class TextAnnotation(Exact):
    """A citation placed on the text, with the exact words it stands for in `byline`."""

    type: Literal["url_citation"] = "url_citation"
    start_index: int = Field(description="In code points of the text.")
    end_index: int = Field(description="Likewise; the first one behind the words.")
    title: str
    url: str = Field(description="The article's own address, or else its text in this service.")
    byline: CitationOut

    @classmethod
    def of(cls, cited: Cited) -> "TextAnnotation":
        """In the form of responses."""
        return cls(**cited.url_citation.model_dump(), byline=cited.byline)


class OutputText(Exact):
    """The answer, or why there is none."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[TextAnnotation] = Field(description="None for an abstention.")
    logprobs: list[Any] = Field([])


class OutputMessage(Exact):
    """The one item of the output."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["in_progress", "completed"]
    content: list[OutputText]


class InputDetails(Exact):
    """Nothing is cached for a client."""

    cached_tokens: Literal[0] = 0
    cache_write_tokens: Literal[0] = 0


class OutputDetails(Exact):
    """Nothing is written that is not in the answer."""

    reasoning_tokens: Literal[0] = 0


class ResponseUsage(Exact):
    """Tokens of tiktoken's `o200k_base`: of the user's turns that were read, and of the answer."""

    input_tokens: int
    input_tokens_details: InputDetails = InputDetails()
    output_tokens: int
    output_tokens_details: OutputDetails = OutputDetails()
    total_tokens: int

    @classmethod
    def of(cls, answered: Answered) -> "ResponseUsage":
        """Of one answer."""
        read, written = answered.asked_tokens, answered.answer_tokens
        return cls(input_tokens=read, output_tokens=written, total_tokens=read + written)


class ResponseOut(Exact):
    """The reply. It is not kept."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    completed_at: int | None = None
    status: Literal["in_progress", "completed"]
    background: Literal[False] = False
    error: None = None
    incomplete_details: None = None
    instructions: str | None = None
    max_output_tokens: None = None
    metadata: dict[str, str]
    model: str = MODEL
    output: list[OutputMessage]
    parallel_tool_calls: bool
    previous_response_id: None = None
    store: Literal[False] = False
    temperature: None = None
    text: dict[str, dict[str, str]] = Field({"format": {"type": "text"}})
    tool_choice: Any
    tools: list[dict[str, Any]]
    top_p: None = None
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseUsage | None = None
    byline: BylineOut | None = Field(None, description="Null until the answer is complete.")

    model_config = ConfigDict(json_schema_extra={"examples": [RESPONSE_EXAMPLE]})

    @classmethod
    def begun(cls, asked: ResponseIn) -> "ResponseOut":
        """What is known before there is an answer."""
        return cls(
            id=f"resp_{uuid.uuid4().hex}",
            created_at=int(time.time()),
            status="in_progress",
            instructions=asked.instructions,
            metadata=asked.metadata or {},
            output=[],
            parallel_tool_calls=asked.parallel_tool_calls is not False,
            tool_choice=asked.tool_choice or "auto",
            tools=asked.tools or [],
        )

    def completed(self, message: OutputMessage, answered: Answered) -> "ResponseOut":
        """The same with its answer."""
        return self.model_copy(
            update={
                "completed_at": int(time.time()),
                "status": "completed",
                "output": [message],
                "usage": ResponseUsage.of(answered),
                "byline": answered.byline,
            }
        )


def message_of(answered: Answered) -> OutputMessage:
    """The answer as an item of the output."""
    text = OutputText(text=answered.content, annotations=list(map(TextAnnotation.of, answered.citations)))
    return OutputMessage(id=f"msg_{uuid.uuid4().hex}", status="completed", content=[text])
