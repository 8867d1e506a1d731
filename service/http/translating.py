"""Problems put into the error form of whoever a route is for.

Every error of the service is made in one place as a problem (RFC 9457), also of what stands in front of the routes,
such as the check of keys or the bound on bodies. Here the finished answer is put into another form, so there is no
second table of causes.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PROBLEM = "application/problem+json"

Translation = Callable[[HTTPStatus, Mapping[str, Any], Headers], tuple[HTTPStatus, BaseModel]]
"""Makes another error of a problem: from its status, its members and the headers of its answer."""


class TranslatedProblems:
    """Passes everything on but problems on paths that `translation_of` has a translation for."""

    def __init__(self, app: ASGIApp, translation_of: Callable[[str], Translation | None]) -> None:
        self._app = app
        self._translation_of = translation_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watches the answer to a request."""
        translation = self._translation_of(scope["path"]) if scope["type"] == "http" else None
        if translation is None:
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def translated(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type") == _PROBLEM:
                    held = message
                    return
            elif held is not None:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_error(held, json.loads(body), translation, send)
                return
            await send(message)

        await self._app(scope, receive, translated)


async def _send_error(start: Message, problem: Mapping[str, Any], translation: Translation, send: Send) -> None:
    headers = MutableHeaders(raw=list(start["headers"]))
    status, error = translation(HTTPStatus(start["status"]), problem, headers)
    # in ASCII, as problems are: what is named in one may hold half a character
    content = json.dumps(error.model_dump()).encode()
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(content))
    await send({**start, "status": status.value, "headers": headers.raw})
    await send({"type": "http.response.body", "body": content})
