"""Who may come in: a key for what needs one, asked for before anything of a request but its head is read."""

import logging
import math
from http import HTTPStatus

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http import problems
from service.http.heads import CLOSING, hangs_up
from service.http.needs import scope_needed
from service.keys.errors import KeysError
from service.keys.key import Key, id_in
from service.keys.key import Scope as KeyScope
from service.keys.limit import Limit
from service.keys.rates import Rates
from service.keys.ring import KeyRing

_LOG = logging.getLogger("byline.access")
_CHALLENGE = 'Bearer realm="byline"'
_FAILURES = Limit(per_minute=10, burst=20)
"""Of one address. Keys cannot be guessed, but who tries must not fill the log; a right key is never refused for it, as
whole offices and proxies have one address."""


class AccessCheck:
    """Passes on what may come in, and answers the rest with 401, 403 or 429.

    `keyless` lets everybody in until the first key is made. Used from one event loop.
    """

    def __init__(self, app: ASGIApp, *, ring: KeyRing, rates: Rates, default: Limit, keyless: bool) -> None:
        self._app = app
        self._ring = ring
        self._rates = rates
        self._default = default
        self._keyless = keyless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it without reading its body."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (self._app if refusal is None else refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        needed = scope_needed(scope["method"], scope["path"])
        if needed is None:
            return None
        told = [value for name, value in scope["headers"] if name == b"authorization"]
        text = _bearer(told)
        try:
            if self._keyless and not self._ring.locked:
                return None
            key = None if text is None else self._ring.find(text)
        except KeysError as error:
            # who asks is unknown, and the message names files
            _LOG.error("unavailable: %s", error)
            detail = "API keys cannot be checked now; the log of the service says why"
            return _refused(scope, HTTPStatus.SERVICE_UNAVAILABLE, detail, wait=problems.RETRY_SECONDS)
        if key is not None:
            return self._used(scope, key, needed)
        if told:
            return self._failed(scope, text)
        detail = "this needs an API key, sent as `Authorization: Bearer byline_...`"
        return _refused(scope, HTTPStatus.UNAUTHORIZED, detail, challenge=_CHALLENGE)

    def _used(self, scope: Scope, key: Key, needed: KeyScope) -> JSONResponse | None:
        wait = self._rates.take(key, key.limit or self._default)
        if wait:
            detail = f"these are more requests than key {key.id} may make"
            return _refused(scope, HTTPStatus.TOO_MANY_REQUESTS, detail, wait=wait)
        if not key.scope.allows(needed):
            detail = f"key {key.id} is for reading, and this needs one made with `--scope write`"
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'
            return _refused(scope, HTTPStatus.FORBIDDEN, detail, challenge=challenge)
        return None

    def _failed(self, scope: Scope, text: str | None) -> JSONResponse:
        address = scope["client"][0] if scope.get("client") else "unknown"
        wait = self._rates.take_failure(address, _FAILURES)
        if wait:
            detail = "too many requests from this address had no right API key"
            return _refused(scope, HTTPStatus.TOO_MANY_REQUESTS, detail, wait=wait)
        named = None if text is None else id_in(text)
        _LOG.warning("refused a request from %s: %s", address, f"key {named}" if named else "not like a key")
        detail = "this API key is unknown or was revoked; keys are sent as `Authorization: Bearer byline_...`"
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        return _refused(scope, HTTPStatus.UNAUTHORIZED, detail, challenge=challenge)


def _bearer(told: list[bytes]) -> str | None:
    """The one bearer token of these headers (RFC 6750); None if there is none, or several."""
    if len(told) != 1:
        return None
    kind, _, token = told[0].decode("latin-1").partition(" ")
    return token.strip(" ") if kind.lower() == "bearer" else None


def _refused(
    scope: Scope, status: HTTPStatus, detail: str, *, wait: float | None = None, challenge: str | None = None
) -> JSONResponse:
    headers = {}
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    if wait is not None:
        seconds = math.ceil(wait)
        headers["Retry-After"] = str(seconds)
        detail = f"{detail}; ask again in {seconds} s"
    closing = CLOSING if hangs_up(scope) else {}
    return problems.response(status, detail, headers={**headers, **closing})
