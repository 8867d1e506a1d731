"""Messages from standard input: what is none is answered with an error, as its sender would wait for ever."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self, TypeAlias

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

Received: TypeAlias = SessionMessage | Exception


class _Incoming(Protocol):
    async def receive(self) -> Received: ...

    async def aclose(self) -> None: ...


class Answering:
    """A stream of what is received, but for what the transport could not read, which is answered without an id.

    Nothing is read ahead: the server ends what is under way when its input ends. Over HTTP `messages` refuses the same.
    """

    def __init__(self, received: _Incoming, send: Callable[[SessionMessage], Awaitable[None]]) -> None:
        self._received = received
        self._send = send

    async def receive(self) -> Received:
        """The next message. Raises what the transport's stream raises at its end."""
        while isinstance(item := await self._received.receive(), Exception):
            await self._send(SessionMessage(_refusal(item)))
        return item

    async def aclose(self) -> None:
        """Closes the transport's stream."""
        await self._received.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Received:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.aclose()


def _refusal(unread: Exception) -> JSONRPCError:
    first = unread.errors(include_url=False, include_input=False)[0] if isinstance(unread, ValidationError) else None
    if first is not None and first["type"] != "json_invalid":
        error = ErrorData(code=INVALID_REQUEST, message="it is no request, notification or response of JSON-RPC 2.0")
    else:
        said = "it cannot be read" if first is None else first["msg"].removeprefix("Invalid JSON: ")
        error = ErrorData(code=PARSE_ERROR, message=f"it is not JSON: {said}")
    return JSONRPCError(jsonrpc="2.0", id=None, error=error)
