"""Byline as a knowledge base of Dify: its external knowledge API, in its own shapes, errors too."""

import json
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from corpus.library.records import Filters
from service.core.engine import NO_FILTERS, Engine
from service.http import problems
from service.http.admission import ClientGone
from service.http.state import Core, Queue
from service.schemas.dify import KNOWLEDGE_ID, DifyError, RecordOut, RetrievalIn, RetrievalOut
from service.schemas.dify_conditions import MetadataCondition

_NO_SUCH_KNOWLEDGE = 2001
_BATCH = 1000


class KnowledgeNotFound(Exception):
    """There is no knowledge base of this id."""

    def __init__(self) -> None:
        super().__init__(f"knowledge_id: there is no such knowledge base; this service has one, {KNOWLEDGE_ID!r}")


class _DifyRoute(APIRoute):
    """Answers every error in Dify's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, its errors translated."""
        handle = super().get_route_handler()

        async def handle_or_tell(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientGone:
                raise
            except KnowledgeNotFound as error:
                return refusal(HTTPStatus.NOT_FOUND, str(error), code=_NO_SUCH_KNOWLEDGE)
            except Exception as error:  # noqa: BLE001 - each is answered, what is unknown with 500 and a line in the log
                problem = problems.answer_to(error)
                return refusal(
                    HTTPStatus(problem.status_code),
                    json.loads(bytes(problem.body))["detail"],
                    retry_after=problem.headers.get("Retry-After"),
                )

        return handle_or_tell


def refusal(status: HTTPStatus, message: str, *, code: int | None = None, retry_after: str | None = None) -> Response:
    """An error in Dify's shape; its code is the status where Dify has none for it."""
    told = DifyError(error_code=code or status.value, error_msg=message)
    return JSONResponse(
        told.model_dump(), status.value, headers=None if retry_after is None else {"Retry-After": retry_after}
    )


def _errors(**examples: DifyError) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors."""
    return {
        HTTPStatus[name].value: {
            "description": HTTPStatus[name].phrase,
            "model": DifyError,
            "content": {"application/json": {"example": example.model_dump()}},
        }
        for name, example in examples.items()
    }


router = APIRouter(tags=["dify"], route_class=_DifyRoute)


@router.post(
    "/retrieval",
    response_model=RetrievalOut,
    responses=problems.responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    | _errors(
        NOT_FOUND=DifyError(error_code=_NO_SUCH_KNOWLEDGE, error_msg=str(KnowledgeNotFound())),
        UNPROCESSABLE_ENTITY=DifyError(error_code=422, error_msg="query: it is empty"),
        SERVICE_UNAVAILABLE=DifyError(error_code=503, error_msg="64 questions are waiting already; ask again later"),
    ),
)
async def retrieval(body: RetrievalIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best, for Dify's external knowledge: its endpoint is this service's address."""
    if body.knowledge_id != KNOWLEDGE_ID:
        raise KnowledgeNotFound
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
