"""What the core asks of a language model: messages in, text out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from service.core.cancellation import NEVER, Cancellation


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the prompt."""

    role: Literal["system", "user"]
    content: str


class Generator(Protocol):
    """A language model. Used from several threads at once."""

    @property
    def name(self) -> str:
        """The model's name, as clients are shown it."""

    def complete(self, messages: Sequence[Message], *, most_tokens: int, cancellation: Cancellation = NEVER) -> str:
        """What the model writes: not blank, encodable as UTF-8, without NUL; cut off after `most_tokens` of its tokens.

        Raises GeneratorFailed, or Cancelled as soon as nobody waits for it.
        """
