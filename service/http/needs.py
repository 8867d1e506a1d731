"""What a request needs a key for: one place that says so for every route, those to come included.

Whatever is not named here and could change something needs a key for writing, and all else one for reading, so that a
new route is closed until somebody opens it.
"""

from functools import cache

import regex

from service.keys.key import Scope
from service.page import page_files

_HEALTH = ("/livez", "/readyz")
_SAFE = frozenset({"GET", "HEAD"})
_ASKED = frozenset(
    {
        "/v1/ask",
        "/v1/search",
        "/v1/verify",
        "/v1/chat/completions",
        "/v1/responses",
        "/retrieval",
        # adds a reader's words beside the library: who may ask may also say what became of it
        "/v1/feedback",
    }
)
"""Where a POST changes no article and no index."""
_STORE_ASKED = regex.compile(r"/v1/vector_stores/[^/]+/search")
"""As above, whatever the store's name."""
_OWN_SESSION = frozenset({"/mcp"})
"""As above; and a DELETE ends the client's own session."""


def scope_needed(method: str, path: str) -> Scope | None:
    """The scope; None if the request needs no key, as for the page's files, which hold no articles."""
    if method in _SAFE and (path in _open_paths() or path.startswith(_open_folders())):
        return None
    asked = method == "POST" and (path in _ASKED or _STORE_ASKED.fullmatch(path) is not None)
    # a method that nobody has heard of might change anything
    if asked or method in _SAFE | {"OPTIONS"} or path in _OWN_SESSION:
        return Scope.READ
    return Scope.WRITE


@cache
def _open_paths() -> frozenset[str]:
    return frozenset(_HEALTH) | {route for route in page_files() if "{" not in route}


@cache
def _open_folders() -> tuple[str, ...]:
    return tuple(route.partition("{")[0] for route in page_files() if "{" in route)
