"""The web page's files, each served with the page's Content-Security-Policy."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from service.page import CONTENT_SECURITY_POLICY, page_files

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # a new release must not run yesterday's script
    "Cache-Control": "no-cache",
}


def router() -> APIRouter:
    """A route for each file of the page; their contents are read once, here."""
    routes = APIRouter(include_in_schema=False)
    for route, (content_type, file) in page_files().items():
        routes.add_api_route(route, _serving(file, content_type), methods=["GET"])
    return routes


def _serving(file: Path, content_type: str) -> Callable[[], Awaitable[Response]]:
    content = file.read_bytes()

    async def serve() -> Response:
        return Response(content, media_type=content_type, headers=_HEADERS)

    return serve
