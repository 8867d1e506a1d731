"""The door: what there is no room for is refused when its head is in, before its body is received."""

from functools import lru_cache

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.admission import Admission, Overloaded
from service.http.asking import is_question
from service.http.heads import CLOSING, hangs_up
from service.http.problems import answer_to

_PASSED_ON = frozenset({"/livez", "/readyz", "/metrics", "/mcp"})
"""The last one's tools wait in the queue of questions as well, and say in its own words that it is full."""
MOST_READS = 32
"""Requests for articles and the like under way: fewer than the framework has threads, so that /readyz finds one."""


class TooManyReads(Overloaded):
    """As many requests are being answered as may be."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_READS} requests are being answered already; send it again later")


class Door:
    """Answers 503 where the queue that a request is for is full, and passes on the rest. Used from one event loop."""

    def __init__(self, app: ASGIApp, *, questions: Admission, writes: Admission, checks: Admission) -> None:
        self._app = app
        self._questions = questions
        self._writes = writes
        self._checks = checks
        self._reads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Looks at nothing but the head."""
        if scope["type"] != "http" or scope["path"] in _PASSED_ON:
            await self._app(scope, receive, send)
            return
        queue = self._queue_of(scope["method"], scope["path"])
        try:
            if queue is not None:
                queue.check()
            elif self._reads >= MOST_READS:
                raise TooManyReads
        except Overloaded as error:
            await _refusal(str(error), closing=hangs_up(scope))(scope, receive, send)
            return
        if queue is None:
            await self._read(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _queue_of(self, method: str, path: str) -> Admission | None:
        if method == "POST":
            return self._questions if is_question(path) else self._checks
        return self._writes if method in {"PUT", "DELETE"} else None

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts a request until its answer begins: who is slow to read that keeps no thread."""
        counted = True
        self._reads += 1

        async def noted(message: Message) -> None:
            nonlocal counted
            if counted:
                counted = False
                self._reads -= 1
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if counted:
                self._reads -= 1


@lru_cache(maxsize=16)
def _refusal(reason: str, *, closing: bool) -> Response:
    """Made once for each queue: under overload it is sent hundreds of times a second, to the cost of answers."""
    refusal = answer_to(Overloaded(reason))
    if closing:
        refusal.headers.update(CLOSING)
    return refusal
