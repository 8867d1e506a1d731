"""MCP over streamable HTTP at `/mcp`; the protocol's SDK is imported with the first request.

Each request stands alone: a session would live in one of several processes, and the next request of its client reaches
any of them. So there is nothing to resume or to end, GET and DELETE are refused as the protocol allows, and a reply is
one JSON document.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.addresses import is_loopback
from service.core.cancellation import Cancellation
from service.core.engine import Engine
from service.http.admission import Admission, ClientGone, Overloaded
from service.http.bodies import again, joined, whole
from service.http.limits import MAX_BODY_BYTES
from service.http.problems import response, to_nobody
from service.mcp.errors import Busy
from service.mcp.messages import refusal

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

Found = TypeVar("Found")


class McpEndpoint:
    """Answers the protocol's requests. Used from one event loop; close() ends it."""

    def __init__(self, core: Engine, *, admission: Admission, origins: Collection[str] = ()) -> None:
        """`origins` are those of other sites whose pages may use it, beside the service's own."""
        self._core = core
        self._origins = origins
        self._admission = admission
        self._opened: asyncio.Future[ASGIApp] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._end = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks what the protocol asks servers to check, and passes the request to its SDK."""
        if scope["method"] != "POST":
            said = "this server keeps no sessions: there is nothing to listen to or to end"
            answer = response(HTTPStatus.METHOD_NOT_ALLOWED, said, headers={"Allow": "POST"})
            await answer(scope, receive, send)
            return
        if not _from_here(Headers(scope=scope), self._origins):
            answer = response(HTTPStatus.FORBIDDEN, "a page of another origin may not use this")
            await answer(scope, receive, send)
            return
        received = await whole(receive)
        if received[-1]["type"] == "http.disconnect":
            # the SDK would take it for an error of its own
            await to_nobody(scope, receive, send)
            return
        refused = refusal(joined(received))
        if refused is not None:
            await Response(refused, HTTPStatus.BAD_REQUEST, media_type="application/json")(scope, receive, send)
            return
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._opened))
        handle = await asyncio.shield(self._opened)
        await handle(scope, again(received, receive), send)

    async def close(self) -> None:
        """Ends it, after the last request."""
        self._end.set()
        if self._serving is not None:
            await self._serving

    async def _serve(self, opened: asyncio.Future[ASGIApp]) -> None:
        """Holds the SDK's tasks, which want to begin and end in one task."""
        try:
            manager = await asyncio.to_thread(_manager, self._core, Waiting(self._admission))
            async with manager.run():
                opened.set_result(manager.handle_request)
                await self._end.wait()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)


class Waiting:
    """The bounded queue of all questions, as the tools take it, over HTTP and without."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def run(
        self, work: Callable[[], Found], request: object, *, cancellation: Cancellation | None = None
    ) -> Found:
        """What the work returns. Raises what it raises, or Busy when too many wait, it waits too long or nobody waits.

        The cancellation is one call's own, and over when this returns.
        """
        receive = request.receive if isinstance(request, Request) else _never
        try:
            return await self._admission.run(work, receive=receive, cancellation=cancellation)
        except (Overloaded, ClientGone) as error:
            raise Busy(str(error)) from error
        finally:
            # without effect unless the SDK ended the call: the agent took it back, or standard input ended
            if cancellation is not None:
                cancellation.cancel()


async def _never() -> Message:
    """Who hangs up on standard input ends the process."""
    await asyncio.Event().wait()
    raise RuntimeError("unreachable")


def _manager(core: Engine, queue: Waiting) -> "StreamableHTTPSessionManager":
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager  # noqa: PLC0415 - half a second

    from service.mcp.server import build_server  # noqa: PLC0415 - as above

    # it tells of every request, and of its own start
    logging.getLogger("mcp").setLevel(logging.WARNING)
    return StreamableHTTPSessionManager(
        build_server(core, queue), json_response=True, stateless=True, max_request_body_size=MAX_BODY_BYTES
    )


def _from_here(headers: Headers, allowed: Collection[str]) -> bool:
    """Whether no page sent it, or one of this machine, of the service itself or of an origin that is allowed.

    The Host is checked for all routes; the protocol asks for the Origin too.
    """
    for origin in headers.getlist("origin"):
        if origin in allowed:
            continue
        try:
            parts = urlsplit(origin)
            local = is_loopback(parts.hostname or "")
        except ValueError:
            return False
        if not local and parts.netloc != headers.get("host"):
            return False
    return True
