"""The OpenAPI document with what stands in front of every route, those to come included: keys, and bounds."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from service.http.needs import scope_needed
from service.http.problems import responses, schemas
from service.keys.key import Scope

_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "byline_<id>_<secret>",
    "description": "A key from `byline keys create`. A service on the loopback address needs none until the first is"
    " made.",
}
_METHODS = frozenset({"get", "head", "options", "post", "put", "patch", "delete", "trace"})


class KeyedApp(FastAPI):
    """An application whose document names the key, and its refusals, on each route that needs one."""

    def openapi(self) -> dict[str, Any]:
        """The document, made when it is first asked for."""
        if self.openapi_schema is None:
            document = super().openapi()
            components = document.setdefault("components", {})
            components["securitySchemes"] = {"key": _SCHEME}
            components["schemas"] = components.get("schemas", {}) | schemas()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if method in _METHODS:
                        _describe(operation, scope_needed(method.upper(), path))
        return self.openapi_schema or {}


def _describe(operation: dict[str, Any], needed: Scope | None) -> None:
    if needed is None:
        return
    operation["security"] = [{"key": []}]
    # a route whose errors have a form of their own says so once for all
    if "default" in operation["responses"]:
        return
    # a key of any scope is good for reading
    forbidden = [HTTPStatus.FORBIDDEN] if needed is Scope.WRITE else []
    late = [HTTPStatus.REQUEST_TIMEOUT] if "requestBody" in operation else []
    refusals = (
        HTTPStatus.UNAUTHORIZED,
        *forbidden,
        *late,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    for status, said in responses(*refusals).items():
        operation["responses"].setdefault(str(status), said)
