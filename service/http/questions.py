"""The routes that answer: ask, search, verify."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Receive

from service.core.cancellation import Cancellation
from service.core.engine import Engine
from service.http.admission import Admission
from service.http.answering import answered
from service.http.events import accepts_events, described
from service.http.problems import responses
from service.http.quick import Quick
from service.http.state import Checks, Core, Queue
from service.http.streaming import streamed
from service.replying import reply_to
from service.schemas.passages import SearchOut, passages_out
from service.schemas.replies import AskOut, VerifyOut
from service.schemas.requests import AskIn, SearchIn, VerifyIn

router = APIRouter(
    prefix="/v1",
    tags=["questions"],
    responses=responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
)


def _answer(core: Engine, asked: AskIn, cancellation: Cancellation) -> bytes:
    return AskOut.of(reply_to(asked, core, cancellation=cancellation)).model_dump_json().encode()


def _find(core: Engine, asked: SearchIn) -> bytes:
    hits = core.search(asked.query, k=asked.k, filters=asked.filters.to_filters(), explain=asked.explain)
    return SearchOut(passages=passages_out(hits)).model_dump_json().encode()


# these two are run on the engine's threads, JSON included: the event loop only passes replies on
async def _answered(core: Engine, asked: AskIn, queue: Admission, receive: Receive) -> bytes:
    return await answered(partial(_answer, core, asked), core=core, queue=queue, receive=receive)


async def _found(core: Engine, asked: SearchIn, queue: Admission, receive: Receive) -> bytes:
    return await queue.run(partial(_find, core, asked), receive=receive)


QUICK: Mapping[str, Quick[Any]] = MappingProxyType(
    {"/v1/ask": Quick(AskIn, _answered), "/v1/search": Quick(SearchIn, _found)}
)
"""The routes that are asked most, for the short way."""

_EXAMPLE = (
    'event: passages\ndata: {"question": "Why did Oh Chong-song keep driving?", "passages": []}\n\n'
    'event: answer\ndata: {"answer": null, "abstention": {"reason": "there are no articles yet"}}\n\n'
    'event: citations\ndata: {"citations": []}\n\nevent: end\ndata: {"timings_ms": {"total": 6.1}}\n\n'
)


@router.post("/ask", response_model=AskOut, responses=described(_EXAMPLE))
async def ask(body: AskIn, core: Core, queue: Queue, request: Request) -> Response:
    """Answers a question from the articles, with citations, or says that they do not answer it.

    With `Accept: text/event-stream` the reply comes in parts: the events `passages`, `answer`, `citations` and `end`,
    or `error` with a problem, each with JSON as its data. Their members together are those of the whole reply, but for
    the citations, which are the answer's. Comments in between are signs of life.
    """
    if accepts_events(request.scope):
        return await streamed(
            lambda on_found, cancellation: reply_to(body, core, on_found=on_found, cancellation=cancellation),
            queue=queue,
            receive=request.receive,
        )
    return Response(await _answered(core, body, queue, request.receive), media_type="application/json")


@router.post("/search", response_model=SearchOut)
async def search(body: SearchIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best."""
    return Response(await _found(core, body, queue, request.receive), media_type="application/json")


@router.post("/verify")
async def verify(body: VerifyIn, core: Core, checks: Checks, request: Request) -> VerifyOut:
    """Whether a citation is true: whether exactly these words stand at this place of this revision."""
    work = partial(
        core.verify, body.article_id, revision=body.revision, start=body.start, end=body.end, quote=body.quote
    )
    return VerifyOut.of(await checks.run(work, receive=request.receive))
