"""A program's question put to the engine, over HTTP as by an agent."""

from collections.abc import Callable

from service.core.cancellation import NEVER, Cancellation
from service.core.engine import Engine
from service.core.values import Found, Reply
from service.schemas.requests import AskIn


def reply_to(
    asked: AskIn,
    core: Engine,
    *,
    on_found: Callable[[Found], None] = lambda _: None,
    cancellation: Cancellation = NEVER,
) -> Reply:
    """The reply as `Engine.ask` gives it, which raises what that raises."""
    return core.ask(
        asked.question,
        k=asked.k,
        filters=asked.filters.to_filters(),
        history=[turn.content for turn in asked.history if turn.role == "user"],
        explain=asked.explain,
        on_found=on_found,
        cancellation=cancellation,
    )
