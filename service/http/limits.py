"""A bound on request bodies, kept while they are received, whatever length the client announces."""

from contextlib import suppress
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import response

MAX_ARTICLE_BYTES = 40 * 1024 * 1024
"""Of a request that stores an article; JSON may need more bytes than the 32 MiB of text it carries."""
MAX_BODY_BYTES = 1024 * 1024
"""Of any other request."""


class _TooLarge(HTTPException):
    """Of a kind that the framework takes for an answer, and not for an error of the service that belongs in the log."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class BodyLimit:
    """Answers 413 as soon as a body exceeds its bound, without reading the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = MAX_ARTICLE_BYTES if scope["method"] == "PUT" else MAX_BODY_BYTES
        received, begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            # the framework takes the broken-off body for a malformed one and says so; ours is the true answer
            if received <= limit:
                begun = True
                await send(message)

        # the framework may wrap what `counted` raises in an error of its own, or answer it
        with suppress(_TooLarge):
            await self._app(scope, counted, noted)
        if received > limit and not begun:
            answer = response(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is larger than {limit:,} bytes",
                headers={"Connection": "close"},
            )
            await answer(scope, receive, send)
