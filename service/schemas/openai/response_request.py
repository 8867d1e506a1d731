"""Responses: the request."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, StrictBool, WithJsonSchema

from corpus.library.records import Filters
from service.core.errors import AskError
from service.schemas.fields import Text
from service.schemas.openai.echoed import Echoed, EchoedObject, EchoedTexts
from service.schemas.openai.filters import condition_of
from service.schemas.openai.names import STORE_NAMES
from service.schemas.openai.refusals import NotOffered, refuse, refuse_forced_tool, refuse_format
from service.schemas.openai.search import MAX_RESULTS
from service.schemas.openai.turns import MAX_TURNS, Asked, Content, Said, asked_in
from service.schemas.requests import PASSAGES

MAX_TOOLS = 128
"""As OpenAI has it of functions; all are sent back with the reply."""
_FILE_SEARCH = "file_search"


class Item(BaseModel):
    """One item of the conversation: a message; others are not read."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant", "tool"] | None = None
    content: Content = Field([], validate_default=True)


def _items(value: object) -> object:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


Input = Annotated[
    list[Item],
    FailFast(),
    Field(max_length=MAX_TURNS),
    BeforeValidator(_items),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": MAX_TURNS},
            ]
        }
    ),
]


class ResponseIn(BaseModel):
    """A question, alone or in a conversation.

    What steers how a language model writes is accepted and has no effect; what asks for anything but one answer in
    plain text, or for something that was kept, is refused. Of tools, `file_search` is what always happens; its
    `filters` and `max_num_results` are honoured.
    """

    model: str | None = Field(None, description="Any: there is one model, and replies name it.")
    input: Input = Field(description="The question, or a conversation whose last message is the question.")
    instructions: Text | None = Field(None, description="Not read.")
    stream: StrictBool | None = None
    tools: list[EchoedObject] | None = Field(None, fail_fast=True, max_length=MAX_TOOLS)
    tool_choice: Echoed = Field(None, description="`auto`, `none`, or the choice of `file_search`.")
    parallel_tool_calls: StrictBool | None = None
    metadata: EchoedTexts | None = None
    text: Any = Field(None, description="A format of type `text`.")
    background: Any = Field(None, description="false")
    previous_response_id: Any = Field(None, description="Not offered: nothing is kept.")
    conversation: Any = Field(None, description="Not offered: nothing is kept.")
    prompt: Any = Field(None, description="Not offered.")
    top_logprobs: Any = Field(None, description="0")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "byline", "input": "Why did Oh Chong-song keep driving?", "stream": False}]
        }
    )

    def asked(self) -> Asked:
        """The question. Raises AskError for a conversation without one, and for what is not offered."""
        if isinstance(self.text, dict):
            refuse_format("text.format", self.text.get("format"))
        else:
            refuse("text", self.text, accepted=(), reason="it must be an object")
        if self.tool_choice != {"type": _FILE_SEARCH}:
            refuse_forced_tool("tool_choice", self.tool_choice)
        refuse("background", self.background, accepted=(False,), reason="an answer is given at once")
        kept = "nothing is kept; send the conversation as `input`"
        refuse("previous_response_id", self.previous_response_id, accepted=(), reason=kept)
        refuse("conversation", self.conversation, accepted=(), reason=kept)
        refuse("prompt", self.prompt, accepted=(), reason="no prompts are kept")
        refuse("top_logprobs", self.top_logprobs, accepted=(0,), reason="answers have no token probabilities")
        turns = []
        for place, item in enumerate(self.input):
            if item.type == "item_reference":
                raise NotOffered(f"input.{place}", kept)
            if item.type == "message":
                if item.role is None:
                    raise AskError(f"input.{place}.role", "a message needs one")
                turns.append(Said(item.role, item.content, f"input.{place}.content"))
        return asked_in(turns, field="input")

    def searched(self) -> tuple[Filters, int]:
        """Which articles may answer, and how many passages are given along. Raises AskError for a tool that cannot be.

        Both are what `file_search` says; without it all articles, and as many passages as `/v1/ask` gives.
        """
        found = [(place, tool) for place, tool in enumerate(self.tools or []) if tool.get("type") == _FILE_SEARCH]
        if not found:
            return Filters(), PASSAGES
        if len(found) > 1:
            raise NotOffered(f"tools.{found[1][0]}", "there is one file_search in a request")
        place, tool = found[0]
        stores = tool.get("vector_store_ids")
        if not isinstance(stores, list) or not stores or any(store not in STORE_NAMES for store in map(str, stores)):
            raise NotOffered(f"tools.{place}.vector_store_ids", "it must name the one store there is, vs_byline")
        most = tool.get("max_num_results")
        if most is not None and (type(most) is not int or not 1 <= most <= MAX_RESULTS):
            raise AskError(f"tools.{place}.max_num_results", f"it must be a whole number from 1 to {MAX_RESULTS}")
        wanted = tool.get("filters")
        condition = None if wanted is None else condition_of(wanted, field=f"tools.{place}.filters")
        return Filters(condition=condition), most or PASSAGES
