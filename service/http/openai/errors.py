"""Problems turned into errors that OpenAI's clients understand, on the routes that are theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers

from service.schemas.openai.errors import ErrorDetail, ErrorOut

PATHS = ("/v1/vector_stores", "/v1/chat", "/v1/responses", "/v1/models")


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    code: str | None


_INVALID = "invalid_request_error"
_KINDS: Mapping[int, _Kind] = {
    HTTPStatus.BAD_REQUEST: _Kind(_INVALID, "invalid_value"),
    HTTPStatus.UNAUTHORIZED: _Kind("authentication_error", "invalid_api_key"),
    HTTPStatus.FORBIDDEN: _Kind("permission_error", "insufficient_permissions"),
    HTTPStatus.NOT_FOUND: _Kind(_INVALID, "not_found"),
    HTTPStatus.METHOD_NOT_ALLOWED: _Kind(_INVALID, "method_not_allowed"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _Kind(_INVALID, "request_too_large"),
    HTTPStatus.TOO_MANY_REQUESTS: _Kind("rate_limit_error", "rate_limit_exceeded"),
    HTTPStatus.SERVICE_UNAVAILABLE: _Kind("server_error", "service_unavailable"),
}
_EXAMPLES: Mapping[HTTPStatus, tuple[str, str | None]] = {
    HTTPStatus.BAD_REQUEST: ("messages: the last turn must be the user's question", "messages"),
    HTTPStatus.NOT_FOUND: ("no vector store 'vs_other'; there is vs_byline", None),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("the body is larger than 1,048,576 bytes", None),
    HTTPStatus.SERVICE_UNAVAILABLE: ("64 questions are waiting already; ask again later", None),
}
"""What is told of each error, and the field."""


def is_openai(path: str) -> bool:
    """Whether the path is one of those that OpenAI's clients call."""
    return any(path == one or path.startswith(f"{one}/") for one in PATHS)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's errors; all others have the same form."""
    known: dict[int | str, dict[str, Any]] = {
        status.value: _described(status) for status in (HTTPStatus.BAD_REQUEST, *statuses)
    }
    return {**known, "default": {"description": "Any other error", "model": ErrorOut}}


def _described(status: HTTPStatus) -> dict[str, Any]:
    detail, field = _EXAMPLES[status]
    example = _error(status, {"detail": detail, "errors": [{"field": field}] if field else []}).model_dump()
    return {
        "description": status.phrase,
        "model": ErrorOut,
        "content": {"application/json": {"example": example}},
    }


def translated(status: HTTPStatus, problem: Mapping[str, Any], _: Headers) -> tuple[HTTPStatus, ErrorOut]:
    """A problem in OpenAI's form. What is wrong with a request is 400 there, 422 here."""
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    return status, _error(status, problem)


def _error(status: HTTPStatus, problem: Mapping[str, Any]) -> ErrorOut:
    kind = _KINDS.get(status) or _Kind("server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _INVALID, None)
    fields = [error["field"] for error in problem.get("errors", [])]
    param = fields[0] if fields else None
    return ErrorOut(error=ErrorDetail(message=problem["detail"], type=kind.type, param=param, code=kind.code))
