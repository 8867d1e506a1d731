"""Chat completions: the last message answered from the articles, as one object or as a stream."""

from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.sse import format_sse_event

from service.core.cancellation import Cancellation
from service.core.engine import Engine
from service.http.answering import answered
from service.http.events import described
from service.http.openai.errors import responses
from service.http.openai.streams import as_stream
from service.http.state import Core, Queue
from service.schemas.openai.answered import Answered
from service.schemas.openai.chat import ChatIn
from service.schemas.openai.completion import CompletionOut, chunks
from service.schemas.requests import PASSAGES

router = APIRouter(
    prefix="/v1/chat",
    tags=["openai"],
    responses=responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE),
)
_EXAMPLE = 'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "He "}}]}'


@router.post("/completions", response_model=CompletionOut, responses=described(f"{_EXAMPLE}\n\ndata: [DONE]\n\n"))
async def completions(body: ChatIn, core: Core, queue: Queue, request: Request) -> Response:
    """Answers the user's last message from the articles, or says that they do not answer it.

    With `stream` the same answer comes as server-sent events, once it is complete.
    """
    work = partial(_answer, core, body, str(request.base_url))
    reply = await answered(work, core=core, queue=queue, receive=request.receive)
    return as_stream(reply) if body.stream else Response(reply, media_type="application/json")


def _answer(core: Engine, body: ChatIn, address: str, cancellation: Cancellation) -> bytes:
    asked = body.asked()
    reply = core.ask(asked.question, k=PASSAGES, history=asked.history, cancellation=cancellation)
    said = Answered.of(reply, asked, address=address)
    if not body.stream:
        return CompletionOut.of(said).model_dump_json().encode()
    events = [*chunks(said, with_usage=body.with_usage), "[DONE]"]
    return b"".join(format_sse_event(data_str=one) for one in events)
