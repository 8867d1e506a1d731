"""The routes that answer: ask, search, verify."""

from http import HTTPStatus

from fastapi import APIRouter

from service.http.problems import responses
from service.http.state import Core
from service.schemas.replies import AskOut, SearchOut, VerifyOut, passages_out
from service.schemas.requests import AskIn, SearchIn, VerifyIn

router = APIRouter(
    prefix="/v1",
    tags=["questions"],
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)


# the routes are plain functions: FastAPI runs them in its thread pool, so encoding never holds up the event loop
@router.post("/ask")
def ask(body: AskIn, core: Core) -> AskOut:
    """Answers a question from the articles, with citations, or says that they do not answer it."""
    reply = core.ask(body.question, k=body.k, filters=body.filters.to_filters(), history=body.questions_before())
    return AskOut.of(reply)


@router.post("/search")
def search(body: SearchIn, core: Core) -> SearchOut:
    """The passages that fit a query best."""
    return SearchOut(passages=passages_out(core.search(body.query, k=body.k, filters=body.filters.to_filters())))


@router.post("/verify")
def verify(body: VerifyIn, core: Core) -> VerifyOut:
    """Whether a citation is true: whether exactly these words stand at this place of this revision."""
    return VerifyOut.of(
        core.verify(body.article_id, revision=body.revision, start=body.start, end=body.end, quote=body.quote)
    )
