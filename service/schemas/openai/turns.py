"""A conversation as OpenAI's clients send it, and the question in it.

The user's last turn is the question, and the user's earlier turns help to understand it. Everything else, such as
system messages and what tools gave, steers a language model, and is not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, FailFast, WithJsonSchema

from service.core.errors import MAX_QUESTION_LENGTH, AskError, EmptyQuestion, QuestionTooLong
from service.schemas.fields import Text

MAX_TURNS = 1000
"""Of a conversation: each is looked at before the question is put in the queue."""


class Part(BaseModel):
    """A part of a turn's content."""

    type: str
    text: Text | None = None


_TEXTS = frozenset({"text", "input_text", "output_text"})
_NOTHING_SAID = frozenset({"refusal"})


def _parts(value: object) -> object:
    if value is None:
        return []
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def _with_texts(parts: list[Part]) -> list[Part]:
    for place, part in enumerate(parts):
        if part.type in _TEXTS and part.text is None:
            raise ValueError(f"part {place} has no text")
    return parts


_CONTENT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "text": {"type": "string"}},
                "required": ["type"],
            },
        },
        {"type": "null"},
    ]
}
Content = Annotated[
    list[Part], FailFast(), BeforeValidator(_parts), AfterValidator(_with_texts), WithJsonSchema(_CONTENT_SCHEMA)
]
"""Text, or a list of parts."""


@dataclass(frozen=True, slots=True)
class Said:
    """One turn."""

    role: str
    content: Sequence[Part]
    field: str
    """What the client calls it."""

    @property
    def text(self) -> str:
        """Its words; the texts of several parts, a line each."""
        return "\n".join(part.text or "" for part in self.content if part.type in _TEXTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the user's earlier ones, oldest first."""

    question: str
    history: list[str]


def asked_in(turns: Sequence[Said], *, field: str) -> Asked:
    """The question of a conversation. Raises AskError, naming the turn, if there is none that can be answered.

    Earlier turns that are longer than any question are left out: they were refused when they were asked.
    """
    spoken = [turn for turn in turns if turn.role in ("user", "assistant")]
    if not spoken or spoken[-1].role != "user":
        raise AskError(field, "the last turn must be the user's question")
    last = spoken[-1]
    for part in last.content:
        if part.type not in _TEXTS | _NOTHING_SAID:
            raise AskError(last.field, f"only text is read, not a part of type '{part.type[:40]}'")
    if not last.text.strip():
        raise EmptyQuestion(last.field)
    if len(last.text) > MAX_QUESTION_LENGTH:
        raise QuestionTooLong(last.field, len(last.text))
    earlier = [turn.text for turn in spoken[:-1] if turn.role == "user"]
    return Asked(last.text, [text for text in earlier if text.strip() and len(text) <= MAX_QUESTION_LENGTH])
