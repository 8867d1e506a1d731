"""A check of the Host header: without it a web page could reach a service that listens on loopback only.

An attacker's page can point its own name at 127.0.0.1 after it was loaded (DNS rebinding); the browser then takes the
service for the page's own server. The name stays the attacker's, which is what gives it away.
"""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.addresses import is_loopback
from service.http.problems import response


class LocalHostOnly:
    """Refuses requests that name another host than this machine. Only for a service that listens on loopback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on if its Host is local."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "localhost")
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            if not is_loopback(name.lower().removeprefix("[").removesuffix("]")):
                said = f"this service is not {name}: on loopback it answers to names of this machine, such as localhost"
                refusal = response(HTTPStatus.MISDIRECTED_REQUEST, said)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
