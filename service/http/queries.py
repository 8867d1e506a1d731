"""What stands behind the '?' of an address: text, or the request is refused."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.problems import WrongField, answer_to


class ReadableQuery:
    """Refuses a query that is not UTF-8, of which the framework would make other text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Looks at nothing but the query."""
        query: bytes = scope.get("query_string", b"")
        if query:
            try:
                _check(query)
            except WrongField as error:
                await answer_to(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _check(query: bytes) -> None:
    for part in query.split(b"&"):
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError as error:
            name = unquote_to_bytes(part.partition(b"=")[0]).decode(errors="replace")
            raise WrongField(name, "it is not UTF-8") from error
