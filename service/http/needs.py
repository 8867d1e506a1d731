"""What a request needs a key for: one place that says so for every route, those to come included.

Whatever is not named here and could change something needs a key for writing, and all else one for reading, so that a
new route is closed until somebody opens it.
"""

from functools import cache

from service.http.asking import changes_nothing
from service.keys.key import Scope
from service.page import page_files

_HEALTH = ("/livez", "/readyz")
_SAFE = frozenset({"GET", "HEAD"})
_OWN_SESSION = frozenset({"/mcp"})
"""Where a POST changes no article and no index, and a DELETE ends the client's own session."""


def scope_needed(method: str, path: str) -> Scope | None:
    """The scope; None if the request needs no key, as for the page's files, which hold no articles."""
    if method in _SAFE and (path in _open_paths() or path.startswith(_open_folders())):
        return None
    asked = method == "POST" and changes_nothing(path)
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
