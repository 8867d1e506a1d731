"""Replies as server-sent events.

Nothing of an answer may be sent before all of it is checked, so a stream begins when the answer is complete: what goes
wrong before is an ordinary error with its status.
"""

from typing import Any

from fastapi import Response

from service.http.streaming import EVENT_SCHEMA

EVENT_STREAM = "text/event-stream"


def data_event(data: str, *, name: str | None = None) -> bytes:
    """One event; `data` is a line, as JSON is."""
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {data}\n\n".encode()


def as_stream(events: bytes) -> Response:
    """These events as a reply."""
    return Response(events, media_type=EVENT_STREAM, headers={"Cache-Control": "no-cache"})


def stream_described(example: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the stream that a route gives when it is asked to."""
    return {200: {"content": {EVENT_STREAM: {"schema": dict(EVENT_SCHEMA), "example": example}}}}
