"""Responses: the input's last message answered from the articles, as one object or as a stream."""

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
from service.schemas.openai.response_events import events
from service.schemas.openai.response_reply import ResponseOut, message_of
from service.schemas.openai.response_request import ResponseIn

router = APIRouter(
    prefix="/v1/responses",
    tags=["openai"],
    responses=responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE),
)
_EXAMPLE = """event: response.output_text.delta
data: {"type": "response.output_text.delta", "sequence_number": 4, "output_index": 0, "delta": "He "}

"""


@router.post("", response_model=ResponseOut, responses=described(_EXAMPLE))
async def respond(body: ResponseIn, core: Core, queue: Queue, request: Request) -> Response:
    """Answers the input from the articles, or says that they do not answer it.

    Nothing is kept: send the whole conversation as `input`. With `stream` the same answer comes as server-sent events,
    once it is complete.
    """
    work = partial(_answer, core, body, str(request.base_url))
    reply = await answered(work, core=core, queue=queue, receive=request.receive)
    return as_stream(reply) if body.stream else Response(reply, media_type="application/json")


def _answer(core: Engine, body: ResponseIn, address: str, cancellation: Cancellation) -> bytes:
    asked = body.asked()
    filters, most = body.searched()
    reply = core.ask(asked.question, k=most, filters=filters, history=asked.history, cancellation=cancellation)
    said = Answered.of(reply, asked, address=address)
    if not body.stream:
        whole = ResponseOut.begun(body).completed(message_of(said), said)
        return whole.model_dump_json().encode()
    return b"".join(format_sse_event(data_str=data, event=name) for name, data in events(body, said))
