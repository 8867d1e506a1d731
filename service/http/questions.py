"""The routes that answer: ask, search, verify."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response

from service.core.engine import Engine
from service.http.problems import responses
from service.http.quick import Quick
from service.http.state import Core, Queue
from service.schemas.replies import AskOut, SearchOut, VerifyOut, passages_out
from service.schemas.requests import AskIn, SearchIn, VerifyIn

router = APIRouter(
    prefix="/v1",
    tags=["questions"],
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)


def _answer(core: Engine, asked: AskIn) -> bytes:
    reply = core.ask(asked.question, k=asked.k, filters=asked.filters.to_filters(), history=asked.questions_before())
    return AskOut.of(reply).model_dump_json().encode()


def _find(core: Engine, asked: SearchIn) -> bytes:
    hits = core.search(asked.query, k=asked.k, filters=asked.filters.to_filters())
    return SearchOut(passages=passages_out(hits)).model_dump_json().encode()


QUICK: Mapping[str, Quick[Any]] = MappingProxyType(
    {"/v1/ask": Quick(AskIn, _answer), "/v1/search": Quick(SearchIn, _find)}
)
"""The routes that are asked most, for the short way."""


# these two are run on the engine's threads, JSON included: the event loop only passes replies on
@router.post("/ask", response_model=AskOut)
async def ask(body: AskIn, core: Core, queue: Queue, request: Request) -> Response:
    """Answers a question from the articles, with citations, or says that they do not answer it."""
    reply = await queue.run(partial(_answer, core, body), receive=request.receive)
    return Response(reply, media_type="application/json")


@router.post("/search", response_model=SearchOut)
async def search(body: SearchIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best."""
    reply = await queue.run(partial(_find, core, body), receive=request.receive)
    return Response(reply, media_type="application/json")


@router.post("/verify")
def verify(body: VerifyIn, core: Core) -> VerifyOut:
    """Whether a citation is true: whether exactly these words stand at this place of this revision."""
    return VerifyOut.of(
        core.verify(body.article_id, revision=body.revision, start=body.start, end=body.end, quote=body.quote)
    )
