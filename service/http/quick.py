"""The short way of a question that is in order: past the framework, which takes longer than finding passages by words.

What is not in order, or is no question, takes the framework's way, so there is one place that says what is wrong.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core.engine import Engine
from service.http import problems
from service.http.admission import Admission, ClientGone
from service.http.bodies import again, joined, whole
from service.http.events import accepts_events

Asked = TypeVar("Asked", bound=BaseModel)
_JSON = (b"content-type", b"application/json")
_LONGEST = 64 * 1024
"""Bytes of a body; a question with the turns before it has a few thousand."""


@dataclass(frozen=True, slots=True)
class Quick(Generic[Asked]):
    """One route."""

    body: type[Asked]
    answered: Callable[[Engine, Asked, Admission, Receive], Awaitable[bytes]]
    """The reply's JSON, made in that queue."""


class QuickAnswers:
    """Answers the routes given by path, and passes on everything else."""

    def __init__(
        self, app: ASGIApp, routes: Mapping[str, Quick[BaseModel]], *, core: Engine, admission: Admission
    ) -> None:
        self._app = app
        self._routes = routes
        self._core = core
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or passes on with the body as it was received."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if route is None or _JSON not in scope["headers"] or accepts_events(scope):
            await self._app(scope, receive, send)
            return
        received = await whole(receive)
        sent = joined(received)
        try:
            # what is long may be read for nothing here, and gains little
            asked = route.body.model_validate_json(sent) if len(sent) <= _LONGEST else None
        except ValidationError:
            asked = None
        if asked is None:
            await self._app(scope, again(received, receive), send)
            return
        try:
            reply = await route.answered(self._core, asked, self._admission, receive)
        except ClientGone:
            await problems.to_nobody(scope, receive, send)
            return
        except Exception as error:  # noqa: BLE001 - each is answered, what is unknown with 500 and a line in the log
            await problems.answer_to(error)(scope, receive, send)
            return
        length = (b"content-length", str(len(reply)).encode())
        await send({"type": "http.response.start", "status": HTTPStatus.OK.value, "headers": [length, _JSON]})
        await send({"type": "http.response.body", "body": reply})
