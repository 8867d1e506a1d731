"""Errors as problem+json (RFC 9457), every status from one table."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from corpus.errors import (
    ArticleNotFound,
    LibraryBroken,
    LibraryBusy,
    LibraryMismatch,
    LibraryMissing,
    LibraryUnavailable,
    ReadersUnavailable,
    ScratchUnavailable,
    UnreadableArticle,
)
from indexing.errors import CarriedFileBroken, IndexBroken, MilvusError, RerankerFailed
from service.core.errors import AskError, PassageNotFound
from service.feedback.errors import FeedbackError
from service.http.admission import ClientGone, Overloaded
from service.keys.key import masked

_LOG = logging.getLogger("byline.http")
RETRY_SECONDS = 2
_MOST_NAMED = 100
"""Fields that an answer names: a request may have very many that are wrong."""
_LONGEST_NAME = 200
"""Characters of a field's name that are repeated; a client may make up a longer one."""
_CLIENT_CLOSED_REQUEST = 499
"""By the custom of nginx; nobody receives it."""
_UNROUTED_DETAIL: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "there is nothing at this path; /openapi.json has those of the API",
    HTTPStatus.METHOD_NOT_ALLOWED: "this path does not take this method; /openapi.json has those it takes",
}


class WrongField(Exception):
    """A field that is wrong by what the library holds."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


STATUS: Mapping[type[Exception], HTTPStatus] = {
    ArticleNotFound: HTTPStatus.NOT_FOUND,
    PassageNotFound: HTTPStatus.NOT_FOUND,
    AskError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnreadableArticle: HTTPStatus.UNPROCESSABLE_ENTITY,
    WrongField: HTTPStatus.UNPROCESSABLE_ENTITY,
    FeedbackError: HTTPStatus.SERVICE_UNAVAILABLE,
    LibraryBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    LibraryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ReadersUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ScratchUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    LibraryMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    LibraryBroken: HTTPStatus.SERVICE_UNAVAILABLE,
    LibraryMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    IndexBroken: HTTPStatus.SERVICE_UNAVAILABLE,
    MilvusError: HTTPStatus.SERVICE_UNAVAILABLE,
    CarriedFileBroken: HTTPStatus.SERVICE_UNAVAILABLE,
    RerankerFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of every error a request can meet. Those of a subclass that is not listed are its base's."""


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default=[], description="The fields that are wrong, where some are.")


class _EscapedJSON(JSONResponse):
    """JSON in ASCII: an error names what was sent, which may hold half a character that UTF-8 cannot write."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


def response(
    status: HTTPStatus,
    detail: str,
    *,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as problem+json."""
    # a key that was sent in a wrong place is not to be repeated
    shown = [FieldProblem(field=masked(one.field), message=masked(one.message)) for one in errors or ()]
    problem = Problem(title=status.phrase, status=status.value, detail=masked(detail), errors=shown)
    return _EscapedJSON(
        problem.model_dump(), status.value, headers=dict(headers or {}), media_type="application/problem+json"
    )


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's errors."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status.value: {"description": status.phrase, "content": content} for status in statuses}


def schemas() -> dict[str, Any]:
    """What `responses` refers to, for the document's components."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**problem.pop("$defs"), "Problem": problem}


def install(app: FastAPI) -> None:
    """Makes the application answer every error as a problem."""
    for kind in STATUS:
        app.add_exception_handler(kind, _ours)
    app.add_exception_handler(ClientGone, _nobody)
    app.add_exception_handler(RequestValidationError, _ours)
    app.add_exception_handler(HTTPException, _ours)
    app.add_exception_handler(Exception, _ours)


def answer_to(error: Exception) -> JSONResponse:
    """The answer to an error that a request met; it is logged where it is the service's own."""
    if isinstance(error, RequestValidationError):
        return _to_invalid(error)
    if isinstance(error, HTTPException):
        return _to_http(error)
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        _LOG.exception("unexpected error", exc_info=error)
        detail = "an error of the service, not of the request; its log has the details"
        return response(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
    field = getattr(error, "field", None)
    errors = [FieldProblem(field=field, message=getattr(error, "reason", str(error)))] if field else []
    headers = {}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        # under overload a line for each refusal would be load of its own
        if not isinstance(error, Overloaded):
            _LOG.error("unavailable: %s", error)
        headers["Retry-After"] = str(RETRY_SECONDS)
    return response(status, str(error), errors=errors, headers=headers)


to_nobody = Response(status_code=_CLIENT_CLOSED_REQUEST)
"""The answer to a client that is gone; for the log and the figures."""


def _nobody(_: Request, __: Exception) -> Response:
    return to_nobody


def _to_invalid(error: RequestValidationError) -> JSONResponse:
    errors = [_field_error(item) for item in error.errors()[:_MOST_NAMED]]
    detail = "; ".join(f"{item.field}: {item.message}" for item in errors[:5])
    return response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _to_http(error: HTTPException) -> JSONResponse:
    cause = error.__cause__
    if isinstance(cause, UnicodeDecodeError | RecursionError | ValueError):
        # numbers of thousands of digits, and lists in lists in lists
        said = _why_unreadable(cause)
        errors = [FieldProblem(field="body", message=said)]
        return response(HTTPStatus.UNPROCESSABLE_ENTITY, f"body: {said}", errors=errors)
    status = HTTPStatus(error.status_code)
    # where nothing of ours was reached, the framework says no more than the title
    detail = _UNROUTED_DETAIL.get(status, error.detail) if error.detail == status.phrase else error.detail
    return response(status, detail, headers=error.headers)


def _why_unreadable(cause: Exception) -> str:
    """Python's own words are about what a program could set."""
    if isinstance(cause, UnicodeDecodeError):
        return f"it is not UTF-8: {cause.reason}"
    if isinstance(cause, RecursionError):
        return "lists or objects in it are nested too deeply"
    if "integer string conversion" in str(cause):
        return "a number in it has too many digits"
    return f"it cannot be read: {cause}"


def _ours(_: Request, error: Exception) -> JSONResponse:
    return answer_to(error)


def _field_error(item: Mapping[str, Any]) -> FieldProblem:
    """Names the field as the client wrote it: `filters.published_from`, not `body.filters.published_from`."""
    location = [str(part) for part in item["loc"]]
    if item["type"] == "json_invalid":
        reason = item.get("ctx", {}).get("error", "malformed")
        return FieldProblem(field="body", message=f"it is not valid JSON: {reason} at character {location[-1]}")
    if location == ["body"] and item["type"] == "model_attributes_type":
        return FieldProblem(field="body", message="it must be a JSON object, sent with content-type application/json")
    # cut after keys are masked: a part of one is not to be told either
    field = masked(".".join(location[1:]) or "".join(location[:1]))[:_LONGEST_NAME]
    if item["type"] == "string_unicode":
        where = "the name of a field in it" if location == ["body"] else "it"
        return FieldProblem(field=field, message=f"{where} holds a lone surrogate, half a character")
    # pydantic puts this in front of the messages of our own validators
    return FieldProblem(field=field, message=str(item["msg"]).removeprefix("Value error, "))
