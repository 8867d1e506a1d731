"""A reply as server-sent events: passages as soon as they are found, then the answer, then its citations."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel
from starlette.types import Receive

from service.core.cancellation import Cancellation
from service.core.values import Found, Reply
from service.http import problems
from service.http.admission import Admission, ClientGone, until_gone
from service.http.events import HEADERS, MEDIA_TYPE
from service.schemas.events import PassagesEvent, outcome_of

HEARTBEAT_SECONDS = 10.0
"""Between two signs of life while a language model writes: proxies hang up on what is silent for 30 to 60."""
_HEARTBEAT = format_sse_event(comment="heartbeat")

Answering = Callable[[Callable[[Found], None], Cancellation], Reply]
"""Answers a question, telling of the passages on the way; runs on one of the engine's threads."""


async def streamed(
    answer: Answering, *, queue: Admission, receive: Receive, heartbeat_seconds: float = HEARTBEAT_SECONDS
) -> StreamingResponse:
    """The reply that begins when the passages are there. What goes wrong until then is raised, as for a whole reply.

    When the client leaves, the question is cancelled.
    """
    loop, found, cancellation = asyncio.get_running_loop(), asyncio.Event(), Cancellation()
    passages = list[bytes]()

    def on_found(what: Found) -> None:
        passages.append(_event("passages", PassagesEvent.of(what)))
        loop.call_soon_threadsafe(found.set)

    reply = asyncio.create_task(queue.run(partial(answer, on_found, cancellation), receive=receive))
    # of a question that was cancelled nobody wants to know how it ended
    reply.add_done_callback(lambda task: task.cancelled() or task.exception())
    begun, gone = asyncio.create_task(found.wait()), asyncio.create_task(until_gone(receive))
    try:
        await asyncio.wait((reply, begun, gone), return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            raise ClientGone
        if not begun.done():
            await reply
    except BaseException:
        cancellation.cancel()
        raise
    finally:
        begun.cancel()
        gone.cancel()
    events = _events(passages, reply, cancellation, heartbeat_seconds=heartbeat_seconds)
    return StreamingResponse(events, media_type=MEDIA_TYPE, headers=HEADERS)


async def _events(
    passages: list[bytes], reply: "asyncio.Task[Reply]", cancellation: Cancellation, *, heartbeat_seconds: float
) -> AsyncIterator[bytes]:
    try:
        for event in passages:
            yield event
        while not (await asyncio.wait((reply,), timeout=heartbeat_seconds))[0]:
            yield _HEARTBEAT
        try:
            answer, citations, end = outcome_of(await reply)
        except Exception as error:  # noqa: BLE001 - each is told of, what is unknown with status 500 and a line in the log
            yield format_sse_event(event="error", data_str=bytes(problems.answer_to(error).body).decode())
            return
        yield _event("answer", answer)
        yield _event("citations", citations)
        yield _event("end", end)
    finally:
        # without effect unless the client left
        cancellation.cancel()


def _event(name: str, content: BaseModel) -> bytes:
    return format_sse_event(event=name, data_str=content.model_dump_json())
