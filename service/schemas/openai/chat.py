"""Chat completions: the request."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictBool

from service.schemas.openai.refusals import refuse, refuse_forced_tool, refuse_format
from service.schemas.openai.turns import MAX_TURNS, Asked, Content, Said, asked_in


class Message(BaseModel):
    """One turn of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = Field([], validate_default=True)


class StreamOptions(BaseModel):
    """What is sent along with a stream."""

    include_usage: StrictBool | None = None


class ChatIn(BaseModel):
    """A question in a conversation.

    What steers how a language model writes (`temperature`, `max_tokens`, `seed`, ...) is accepted and has no effect;
    what asks for anything but one answer in plain text is refused.
    """

    model: str = Field(description="Any: there is one model, and replies name it.")
    messages: Annotated[list[Message], FailFast()] = Field(
        min_length=1,
        max_length=MAX_TURNS,
        description="The user's last message is the question, the earlier ones help to understand it. System and"
        " developer messages are not read.",
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Any = Field(None, description="1")
    stop: Any = Field(None, description="Not offered.")
    tools: list[Any] | None = Field(None, description="Never called.")
    tool_choice: Any = Field(None, description="`auto` or `none`")
    function_call: Any = Field(None, description="`auto` or `none`")
    response_format: Any = Field(None, description="Of type `text`.")
    modalities: Any = Field(None, description="`text` only.")
    audio: Any = Field(None, description="Not offered.")
    logprobs: Any = Field(None, description="false")
    filters: Any = Field(None, description="Not offered here.")
    k: Any = Field(None, description="Not offered here.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "byline",
                    "messages": [{"role": "user", "content": "Why did Oh Chong-song keep driving?"}],
                    "stream": False,
                }
            ]
        }
    )

    def asked(self) -> Asked:
        """The question. Raises AskError for a conversation without one, and for what is not offered."""
        refuse("n", self.n, accepted=(1,), reason="there is one answer to a question; it must be 1")
        refuse("stop", self.stop, accepted=([], ""), reason="an answer is never cut, as its citations would be")
        refuse_forced_tool("tool_choice", self.tool_choice)
        refuse_forced_tool("function_call", self.function_call)
        refuse_format("response_format", self.response_format)
        refuse("modalities", self.modalities, accepted=(["text"],), reason="answers are text only")
        refuse("audio", self.audio, accepted=(), reason="answers are text only")
        refuse("logprobs", self.logprobs, accepted=(False,), reason="answers have no token probabilities")
        for field, value in (("filters", self.filters), ("k", self.k)):
            refuse(field, value, accepted=(), reason="not offered here; /v1/ask has it")
        turns = [
            Said(message.role, message.content, f"messages.{place}.content")
            for place, message in enumerate(self.messages)
        ]
        return asked_in(turns, field="messages")

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)
