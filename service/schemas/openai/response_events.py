"""Responses: the reply as the events of a stream."""

import json
from collections.abc import Iterator
from typing import Any

from service.schemas.openai.answered import Answered
from service.schemas.openai.response_reply import OutputText, ResponseOut, message_of
from service.schemas.openai.response_request import ResponseIn


def events(asked: ResponseIn, answered: Answered) -> Iterator[tuple[str, str]]:
    """Each event's name and JSON, in the API's order; the last one holds the whole reply."""
    for number, (name, members) in enumerate(_events(asked, answered)):
        yield name, json.dumps({"type": name, "sequence_number": number, **members})


def _events(asked: ResponseIn, answered: Answered) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = ResponseOut.begun(asked)
    message = message_of(answered)
    (text,) = message.content
    item = {"output_index": 0}
    part = {"item_id": message.id, "output_index": 0, "content_index": 0}
    for name in ("response.created", "response.in_progress"):
        yield name, {"response": begun.model_dump(mode="json")}
    empty = message.model_copy(update={"status": "in_progress", "content": []})
    yield "response.output_item.added", {**item, "item": empty.model_dump(mode="json")}
    unwritten = OutputText(text="", annotations=[])
    yield "response.content_part.added", {**part, "part": unwritten.model_dump(mode="json")}
    for piece in answered.pieces:
        yield "response.output_text.delta", {**part, "delta": piece, "logprobs": []}
    for number, annotation in enumerate(text.annotations):
        added = {"annotation_index": number, "annotation": annotation.model_dump(mode="json")}
        yield "response.output_text.annotation.added", {**part, **added}
    yield "response.output_text.done", {**part, "text": text.text, "logprobs": []}
    yield "response.content_part.done", {**part, "part": text.model_dump(mode="json")}
    yield "response.output_item.done", {**item, "item": message.model_dump(mode="json")}
    yield "response.completed", {"response": begun.completed(message, answered).model_dump(mode="json")}
