"""Errors as OpenAI's clients read them, for the paths that they call."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel

_PATHS = ("/v1/chat/completions", "/v1/models", "/v1/responses", "/v1/vector_stores")
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


class OpenAIErrorBody(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIError(BaseModel):
    """An error as OpenAI's API tells it."""

    error: OpenAIErrorBody


def speaks_openai(path: str) -> bool:
    """Whether errors of this path are OpenAI's."""
    return path.startswith(_PATHS) and any(path == known or path.startswith(f"{known}/") for known in _PATHS)


def openai_error(
    status: HTTPStatus,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error in OpenAI's shape. `param` names the field that is wrong; the type follows from the status."""
    kind = _TYPES.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error")
    body = OpenAIError(error=OpenAIErrorBody(message=message, type=kind, param=param, code=code))
    return JSONResponse(body.model_dump(), status.value, headers=dict(headers or {}))


def openai_responses(*statuses: HTTPStatus) -> dict[str, dict[str, Any]]:
    """What OpenAPI says of such errors, by status."""
    content = {"application/json": {"schema": OpenAIError.model_json_schema(ref_template="#/$defs/{model}")}}
    return {str(status.value): {"description": status.phrase, "content": content} for status in statuses}
