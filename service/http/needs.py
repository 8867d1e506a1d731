"""What a request needs a key for: one place that says so for every route, those to come included.

Whatever is not named here needs a key for reading, and whatever changes something one for writing, so that a new route
is closed until somebody opens it.
"""

from functools import cache

from service.keys.key import Scope
from service.page import page_files

_HEALTH = ("/livez", "/readyz")
_SAFE = frozenset({"GET", "HEAD"})
_CHANGES = frozenset({"PUT", "PATCH", "DELETE"})
_OWN_SESSION = frozenset({"/mcp"})
"""Where a DELETE ends the client's own session and changes nothing that is stored."""


def scope_needed(method: str, path: str) -> Scope | None:
    """The scope; None if the request needs no key, as for the page's files, which hold no articles."""
    if method in _SAFE and (path in _open_paths() or path.startswith(_open_folders())):
        return None
    # a method that nobody has heard of might change anything
    if method in _CHANGES or method not in _SAFE | {"POST", "OPTIONS"}:
        return Scope.READ if path in _OWN_SESSION else Scope.WRITE
    return Scope.READ


@cache
def _open_paths() -> frozenset[str]:
    return frozenset(_HEALTH) | {route for route in page_files() if "{" not in route}


@cache
def _open_folders() -> tuple[str, ...]:
    return tuple(route.partition("{")[0] for route in page_files() if "{" in route)
