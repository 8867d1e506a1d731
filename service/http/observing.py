"""Every request counted, timed, traced, given an id and a line in the log; its words stay out of all of these."""

import logging
import re
import secrets
import time
from collections.abc import Collection
from http import HTTPStatus
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.keys.key import masked
from service.logs import REQUEST_ID

_LOG = logging.getLogger("byline.access")
_HEADER = b"x-request-id"
_PARENT = b"traceparent"
_USABLE = re.compile(rb"[A-Za-z0-9._-]{1,48}")
"""Of a client's or proxy's own id: nothing that a log could take for something else, and no key, as a key is longer."""
_UNKNOWN = "unknown"
"""The route of what has none, and the method of what is none: they are the client's to choose, and countless."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines; in the log only where they fail."""


class Counts(Protocol):
    """Who counts requests."""

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One was answered."""


class Trace(Protocol):
    """What is told of one request to who traces it."""

    def end(self, *, request_id: str, method: str, route: str, status: int) -> None:
        """It was answered."""


class Traces(Protocol):
    """Who traces requests."""

    def request(self, *, parent: bytes | None) -> Trace:
        """One begins, in this context; `parent` is the client's `traceparent`, whatever it holds."""


class Untraced:
    """Traces nothing."""

    def request(self, *, parent: bytes | None) -> Trace:  # noqa: ARG002 - as the protocol has it
        """Nobody asks."""
        return self

    def end(self, *, request_id: str, method: str, route: str, status: int) -> None:
        """Nobody asks."""


class Observed:
    """Stands in front of everything else, so that what is refused is counted as well."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Counts,
        traces: Traces = Untraced(),  # noqa: B008 - has no state
        paths: Collection[str] = (),
    ) -> None:
        """`paths` are those without parameters, which are told apart also where no route was reached."""
        self._app = app
        self._traces = traces
        self._paths = frozenset(paths)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; its id is in the answer's `X-Request-ID`, and in every line of the log about it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = _id_of(scope)
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, request_id.encode())]
            await send(message)

        token = REQUEST_ID.set(request_id)
        trace = self._traces.request(parent=_only(scope, _PARENT))
        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - begun
            route, method = self._route_of(scope), scope["method"] if scope["method"] in _METHODS else _UNKNOWN
            self._metrics.request(method=method, route=route, status=status, seconds=seconds)
            trace.end(request_id=request_id, method=method, route=route, status=status)
            if route not in _QUIET or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                figures = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
                _LOG.info("%(method)s %(route)s %(status)d %(ms).1f ms", figures, extra=figures)
            REQUEST_ID.reset(token)

    def _route_of(self, scope: Scope) -> str:
        """The route's pattern, such as `/v1/articles/{article_id}`, never what stands in place of its parameters."""
        pattern = getattr(scope.get("route"), "path", None)
        if pattern is None and scope["path"] in self._paths:
            # refused, or answered past the framework
            pattern = scope["path"]
        return str(pattern or _UNKNOWN)


def _id_of(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
    if _USABLE.fullmatch(given) and masked(own := given.decode()) == own:
        return own
    return secrets.token_hex(8)


def _only(scope: Scope, wanted: bytes) -> bytes | None:
    """The header of this name; None if there is none, or several, of which none is to be trusted."""
    found = [value for name, value in scope["headers"] if name == wanted]
    return found[0] if len(found) == 1 else None
