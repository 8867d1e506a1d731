"""Bounds on request bodies, kept while they are received, whatever length the client announces."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import RETRY_SECONDS, response

MAX_ARTICLE_BYTES = 40 * 1024 * 1024
"""Of a request that stores an article; JSON may need more bytes than the 32 MiB of text it carries. A proxy in front
has a bound of its own (`deploy/nginx.conf`)."""
MAX_BODY_BYTES = 1024 * 1024
"""Of any other request."""
MAX_HELD_BYTES = 160 * 1024 * 1024
"""Of all bodies that are held at a time, those that store articles and the others apart, so that neither kind keeps
the other out."""
BODY_SECONDS = 20.0
"""For a body to come in, and another second for each of the next."""
BYTES_A_SECOND = 10_000
_MOST_DIGITS = 30
"""Of a stated length that are read: more are a length beyond any bound as well."""


class _Refused(HTTPException):
    """Of a kind that the framework takes for an answer, and not for an error of the service that belongs in the log."""


@dataclass(slots=True)
class _Held:
    """The bytes of bodies of one kind that are held now."""

    most: int
    bytes: int = 0


class BodyLimit:
    """Answers 413 as soon as a body exceeds its bound or is said to, 408 when it comes too slowly, 503 when too much is
    held, and 415 for one that is compressed, whose length says nothing.

    The rest of such a body is not read. Used from one event loop.
    """

    def __init__(
        self, app: ASGIApp, *, seconds: float = BODY_SECONDS, rate: int = BYTES_A_SECOND, held: int = MAX_HELD_BYTES
    ) -> None:
        self._app = app
        self._seconds = seconds
        self._rate = rate
        self._articles, self._others = _Held(held), _Held(held)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stores = scope["method"] == "PUT"
        limit, held = (MAX_ARTICLE_BYTES, self._articles) if stores else (MAX_BODY_BYTES, self._others)
        refusal = _refusal_by_head(scope, limit)
        if refusal is not None:
            # before anybody asks for the body, so that a client that waits to be asked sends none
            await _answer_to(refusal)(scope, receive, send)
            return
        body = _Body(receive, send, limit=limit, held=held, seconds=self._seconds, rate=self._rate)
        try:
            # the framework may wrap what is raised in an error of its own, or answer it
            with suppress(_Refused):
                await self._app(scope, body.receive, body.send)
        finally:
            held.bytes -= body.received
        if body.refusal is not None and not body.answered:
            await _answer_to(body.refusal)(scope, receive, send)


def _answer_to(refusal: _Refused) -> Response:
    headers = {**(refusal.headers or {}), "Connection": "close"}
    return response(HTTPStatus(refusal.status_code), refusal.detail, headers=headers)


def _refusal_by_head(scope: Scope, limit: int) -> _Refused | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:_MOST_DIGITS]) > limit:
            return _too_large(limit)
        if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            said = "content-encoding: bodies are taken as they are, not compressed or otherwise encoded"
            return _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, said, headers={"Accept-Encoding": "identity"})
    return None


def _too_large(limit: int) -> _Refused:
    return _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit:,} bytes")


class _Body:
    """One request's body as it comes in, and why it was refused."""

    def __init__(self, receive: Receive, send: Send, *, limit: int, held: _Held, seconds: float, rate: int) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._held = held
        self._seconds = seconds
        self._rate = rate
        self._since = asyncio.get_running_loop().time()
        self._complete = False
        self.received = 0
        self.refusal: _Refused | None = None
        self.answered = False
        """Whether an answer has begun that is not the refusal."""

    async def receive(self) -> Message:
        """The next part. Raises _Refused."""
        if self._complete:
            # from here on it tells that the client is gone, for which nobody is in a hurry
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._since + self._seconds + self.received / self._rate):
                message = await self._receive()
        except TimeoutError:
            raise self._refused(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time") from None
        length = len(message.get("body", b""))
        self.received += length
        self._held.bytes += length
        self._complete = not message.get("more_body", False)
        if self.received > self._limit:
            self.refusal = _too_large(self._limit)
            raise self.refusal
        if self._held.bytes > self._held.most:
            detail = "too many large requests come in at a time; send it again later"
            raise self._refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, wait=RETRY_SECONDS)
        return message

    async def send(self, message: Message) -> None:
        """Passes an answer on, but for one to the broken-off body, which is taken for a malformed one."""
        if self.refusal is None:
            self.answered = True
            await self._send(message)

    def _refused(self, status: HTTPStatus, detail: str, *, wait: int | None = None) -> _Refused:
        self.refusal = _Refused(status, detail, headers={} if wait is None else {"Retry-After": str(wait)})
        return self.refusal
