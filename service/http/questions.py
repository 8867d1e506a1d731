"""The routes that answer: ask, search, verify."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.http.problems import responses
from service.http.state import Core, Queue
from service.schemas.replies import AskOut, SearchOut, VerifyOut, passages_out
from service.schemas.requests import AskIn, SearchIn, VerifyIn

router = APIRouter(
    prefix="/v1",
    tags=["questions"],
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)


# ask and search are answered on the engine's threads, reply and JSON included: the event loop only passes them on
@router.post("/ask", response_model=AskOut)
async def ask(body: AskIn, core: Core, queue: Queue, request: Request) -> Response:
    """Answers a question from the articles, with citations, or says that they do not answer it."""

    def answer() -> AskOut:
        reply = core.ask(body.question, k=body.k, filters=body.filters.to_filters(), history=body.questions_before())
        return AskOut.of(reply)

    return await queue.run(_as_json(answer), asked_by=request)


@router.post("/search", response_model=SearchOut)
async def search(body: SearchIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best."""

    def find() -> SearchOut:
        return SearchOut(passages=passages_out(core.search(body.query, k=body.k, filters=body.filters.to_filters())))

    return await queue.run(_as_json(find), asked_by=request)


@router.post("/verify")
def verify(body: VerifyIn, core: Core) -> VerifyOut:
    """Whether a citation is true: whether exactly these words stand at this place of this revision."""
    return VerifyOut.of(
        core.verify(body.article_id, revision=body.revision, start=body.start, end=body.end, quote=body.quote)
    )


def _as_json(reply: Callable[[], BaseModel]) -> Callable[[], Response]:
    """Built from the core's own values, a reply needs no second check on its way out."""
    return lambda: Response(reply().model_dump_json(), media_type="application/json")
