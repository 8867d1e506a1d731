"""A follow-up made to stand alone: by the language model, or by the earlier questions put in front of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.cancellation import Cancellation
from service.core.cues import leans_on_history
from service.core.errors import GeneratorFailed
from service.core.values import Generation
from service.core.writer import Writer

_HISTORY_TURNS = 2
"""Earlier questions put in front of a follow-up that leans on them."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that needs no history."""

    text: str
    """What is searched for."""
    start: int = 0
    """Where the question begins in it, behind earlier ones."""
    failure: Generation | None = None
    """How the language model failed at it."""

    @property
    def asked(self) -> str:
        """The question without the earlier ones."""
        return self.text[self.start :]


def last_turns(history: Sequence[str]) -> list[str]:
    """The earlier questions that a follow-up may lean on, oldest first."""
    return [turn for turn in history if turn.strip()][-_HISTORY_TURNS:]


def made_standalone(
    question: str, earlier: Sequence[str], *, writer: Writer | None, cancellation: Cancellation
) -> Standalone:
    """The question itself if it leans on nothing, or what `writer` makes of it, which may fail. Raises Cancelled."""
    if not earlier or not leans_on_history(question):
        return Standalone(question)
    failure = None
    if writer is not None:
        try:
            return Standalone(writer.rewrite(question, earlier=earlier, cancellation=cancellation))
        except GeneratorFailed as error:
            failure = writer.failed(error)
    before = "".join(f"{turn} " for turn in earlier)
    return Standalone(before + question, start=len(before), failure=failure)
