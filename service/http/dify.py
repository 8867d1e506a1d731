"""Byline as a knowledge base of Dify: its external knowledge API, in its own shapes, errors too."""

from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import Headers

from corpus.library.records import Filters
from service.core.engine import NO_FILTERS, Engine
from service.http.state import Core, Queue
from service.schemas.dify import KNOWLEDGE_ID, DifyError, RecordOut, RetrievalIn, RetrievalOut
from service.schemas.dify_conditions import MetadataCondition

PATH = "/retrieval"
_NO_KEY = 1001
_NO_SUCH_KNOWLEDGE = 2001
_CODES: Mapping[int, int] = {HTTPStatus.UNAUTHORIZED: 1002, HTTPStatus.NOT_FOUND: _NO_SUCH_KNOWLEDGE}
_NO_SUCH = f"knowledge_id: there is no such knowledge base; this service has one, {KNOWLEDGE_ID!r}"
_BATCH = 1000


def translated(status: HTTPStatus, problem: Mapping[str, Any], headers: Headers) -> tuple[HTTPStatus, DifyError]:
    """A problem in Dify's form; its code is the status where Dify has none for it."""
    code = _CODES.get(status, status.value)
    if status is HTTPStatus.UNAUTHORIZED and "invalid_token" not in headers.get("www-authenticate", ""):
        code = _NO_KEY
    return status, DifyError(error_code=code, error_msg=problem["detail"])


def _errors(**examples: DifyError) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors; all others have the same form."""
    known: dict[int | str, dict[str, Any]] = {
        HTTPStatus[name].value: {
            "description": HTTPStatus[name].phrase,
            "model": DifyError,
            "content": {"application/json": {"example": example.model_dump()}},
        }
        for name, example in examples.items()
    }
    return {**known, "default": {"description": "Any other error", "model": DifyError}}


router = APIRouter(tags=["dify"])


@router.post(
    PATH,
    response_model=RetrievalOut,
    responses=_errors(
        UNAUTHORIZED=DifyError(error_code=_NO_KEY, error_msg="this needs an API key"),
        NOT_FOUND=DifyError(error_code=_NO_SUCH_KNOWLEDGE, error_msg=_NO_SUCH),
        REQUEST_ENTITY_TOO_LARGE=DifyError(error_code=413, error_msg="the body is larger than 1,048,576 bytes"),
        UNPROCESSABLE_ENTITY=DifyError(error_code=422, error_msg="query: it is empty"),
        TOO_MANY_REQUESTS=DifyError(error_code=429, error_msg="more requests than key 0123456789ab may make"),
        SERVICE_UNAVAILABLE=DifyError(error_code=503, error_msg="64 questions are waiting already; ask again later"),
    ),
)
async def retrieval(body: RetrievalIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best, for Dify's external knowledge: its endpoint is this service's address."""
    if body.knowledge_id != KNOWLEDGE_ID:
        raise HTTPException(HTTPStatus.NOT_FOUND, _NO_SUCH)
    reply = await queue.run(partial(_retrieved, core, body), receive=request.receive)
    return Response(reply, media_type="application/json")


def _retrieved(core: Engine, asked: RetrievalIn) -> bytes:
    filters = NO_FILTERS
    if asked.metadata_condition:
        ids = tuple(_meeting(core, asked.metadata_condition))
        if not ids:
            return RetrievalOut(records=[]).model_dump_json().encode()
        filters = Filters(article_ids=ids)
    hits = core.search(asked.query, k=asked.retrieval_setting.top_k, filters=filters)
    records = [RecordOut.of(hit) for hit in hits]
    least = asked.retrieval_setting.score_threshold or 0.0
    return RetrievalOut(records=[one for one in records if one.score >= least]).model_dump_json().encode()


def _meeting(core: Engine, condition: MetadataCondition) -> Iterator[str]:
    """Ids of the articles that meet the condition; each is looked at, which takes a few microseconds an article."""
    after = ""
    while found := core.articles(after=after, limit=_BATCH):
        yield from (article.id for article in found if condition.holds(article))
        after = found[-1].id
