"""Server-sent events: what all replies that consist of them have in common."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.types import Scope

MEDIA_TYPE = "text/event-stream"
# nginx collects a reply before it passes it on unless it is told not to
HEADERS: Mapping[str, str] = MappingProxyType({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
_SCHEMA: Mapping[str, Any] = MappingProxyType(
    {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}, "required": ["data"]}
)


def accepts_events(scope: Scope) -> bool:
    """Whether the client asks for them."""
    return any(name == b"accept" and MEDIA_TYPE.encode() in value.lower() for name, value in scope["headers"])


def described(example: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the events that a route gives when it is asked to."""
    return {200: {"content": {MEDIA_TYPE: {"schema": dict(_SCHEMA), "example": example}}}}
