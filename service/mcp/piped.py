"""Messages from standard input: what is none is answered with an error, as its sender would wait for ever."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

Received: TypeAlias = SessionMessage | Exception


@asynccontextmanager
async def answering(
    receiving: AsyncIterator[Received], send: Callable[[SessionMessage], Awaitable[None]]
) -> AsyncIterator[MemoryObjectReceiveStream[Received]]:
    """What is received, but for what the transport could not read, which is answered without an id.

    Over HTTP `messages` refuses the same.
    """
    passing, passed = anyio.create_memory_object_stream[Received](0)

    async def pass_on() -> None:
        async with passing:
            async for message in receiving:
                if isinstance(message, Exception):
                    await send(SessionMessage(_refusal(message)))
                else:
                    await passing.send(message)

    async with anyio.create_task_group() as group:
        group.start_soon(pass_on)
        yield passed
        group.cancel_scope.cancel()


def _refusal(unread: Exception) -> JSONRPCError:
    first = unread.errors(include_url=False, include_input=False)[0] if isinstance(unread, ValidationError) else None
    if first is not None and first["type"] != "json_invalid":
        error = ErrorData(code=INVALID_REQUEST, message="it is no request, notification or response of JSON-RPC 2.0")
    else:
        said = "it cannot be read" if first is None else first["msg"].removeprefix("Invalid JSON: ")
        error = ErrorData(code=PARSE_ERROR, message=f"it is not JSON: {said}")
    return JSONRPCError(jsonrpc="2.0", id=None, error=error)
