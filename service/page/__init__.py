"""The web page: static files that a browser runs as they are, and the route each one is served at."""

from pathlib import Path

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The header every page file is served with: nothing inline, nothing from another host."""

_STATIC = Path(__file__).parent / "static"
_PAGES = {"/": "index.html", "/read/{article_id:path}": "read.html"}
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def page_files() -> dict[str, tuple[str, Path]]:
    """Map each route of the page to its content type and its file."""
    pages = {route: _STATIC / name for route, name in _PAGES.items()}
    parts = {f"/static/{file.name}": file for file in sorted(_STATIC.iterdir()) if file.suffix != ".html"}
    return {route: (_CONTENT_TYPES[file.suffix], file) for route, file in (pages | parts).items()}
