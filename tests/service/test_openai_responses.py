"""OpenAI's client asks by responses, over a real socket."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputText, ResponseStreamEvent
from openai.types.responses.response_output_text import AnnotationURLCitation

from tests.service.conftest import salthaven
from tests.service.openai_client import openai_client

QUESTION = "Why was the harbour closed?"
FILE_SEARCH: dict[str, Any] = {"type": "file_search", "vector_store_ids": ["vs_byline"]}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def client(http: httpx.Client) -> Iterator[OpenAI]:
    with openai_client(http) as found:
        yield found


def text_of(response: Response) -> ResponseOutputText:
    (message,) = response.output
    assert isinstance(message, ResponseOutputMessage)
    assert message.status == "completed"
    (text,) = message.content
    assert isinstance(text, ResponseOutputText)
    return text


def byline(response: Response) -> dict[str, Any]:
    members: dict[str, Any] = (response.model_extra or {})["byline"]
    return members


def unnamed(response: Response) -> dict[str, Any]:
    """Without what differs between two replies to the same request."""
    found = json.loads(response.model_dump_json())
    for name in ("id", "created_at", "completed_at"):
        del found[name]
    for item in found["output"]:
        del item["id"]
    return dict(found)


def test_the_answers_annotations_stand_at_its_words(http: httpx.Client, client: OpenAI) -> None:
    response = client.responses.create(model="byline", input=QUESTION, instructions="Be brief.", metadata={"a": "b"})
    asked = http.post("/v1/ask", json={"question": QUESTION}).json()
    text = text_of(response)
    assert response.output_text == text.text == asked["answer"]["text"]
    assert text.annotations
    for annotation, expected in zip(text.annotations, asked["answer"]["citations"], strict=True):
        assert isinstance(annotation, AnnotationURLCitation)
        assert (annotation.model_extra or {})["byline"] == expected
        assert text.text[annotation.start_index : annotation.end_index] == expected["quote"]
    assert (response.status, response.model, response.error) == ("completed", "byline", None)
    assert (response.instructions, response.metadata) == ("Be brief.", {"a": "b"})
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert byline(response)["passages"] == asked["passages"]


def test_the_input_may_be_a_conversation(http: httpx.Client, client: OpenAI) -> None:
    history = "What happened to the ferry fares?"
    question = "And what does its operator blame?"
    response = client.responses.create(
        model="byline",
        input=[
            {"role": "system", "content": "Answer only about cranes."},
            {"role": "user", "content": history},
            {"type": "function_call", "call_id": "1", "name": "look_up", "arguments": "{}"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "They rise."}]},  # type: ignore[list-item, misc]  # what replies hold and clients send back
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]},
        ],
    )
    asked = http.post("/v1/ask", json={"question": question, "history": [{"role": "user", "content": history}]}).json()
    assert byline(response)["rewritten_question"] == asked["rewritten_question"] is not None
    assert response.output_text == asked["answer"]["text"]


def test_a_reply_can_be_sent_back_as_the_next_inputs_beginning(client: OpenAI) -> None:
    first = client.responses.create(model="byline", input=QUESTION)
    thread: Any = [{"role": "user", "content": QUESTION}, *(item.model_dump() for item in first.output)]
    second = client.responses.create(model="byline", input=[*thread, {"role": "user", "content": "Who was hurt?"}])
    assert second.output_text


@pytest.mark.parametrize("question", [QUESTION, "Which ferry fares rise in May?", "harbour ferry"])
def test_a_streams_events_come_to_the_whole_reply(client: OpenAI, question: str) -> None:
    whole = client.responses.create(model="byline", input=question)
    events: list[ResponseStreamEvent] = list(client.responses.create(model="byline", input=question, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert list(dict.fromkeys(kinds)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = text_of(whole)
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == text.text
    added = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    assert [one.model_dump() for one in added if one] == [one.model_dump() for one in text.annotations]
    completed = events[-1]
    assert completed.type == "response.completed"
    assert unnamed(completed.response) == unnamed(whole)
    assert len({event.item_id for event in events if event.type == "response.output_text.delta"}) == 1


def test_the_clients_own_accumulator_reads_the_stream(client: OpenAI) -> None:
    whole = client.responses.create(model="byline", input=QUESTION)
    with client.responses.stream(model="byline", input=QUESTION) as stream:
        final = stream.get_final_response()
    assert final.output_text == whole.output_text
    assert text_of(final).annotations == text_of(whole).annotations


def test_file_search_says_which_articles_may_answer(client: OpenAI) -> None:
    tool: Any = FILE_SEARCH | {
        "filters": {"type": "eq", "key": "publisher", "value": "Coast & Country"},
        "max_num_results": 1,
    }
    for choice in ("auto", {"type": "file_search"}):
        response = client.responses.create(model="byline", input=QUESTION, tools=[tool], tool_choice=choice)  # type: ignore[call-overload]  # one of each kind
        assert [passage["article_id"] for passage in byline(response)["passages"]] == ["ferry"]
        (echoed,) = response.tools
        assert echoed.type == "file_search"
    none = tool | {"filters": {"type": "lt", "key": "published_at", "value": "1999-12-31"}}
    abstention = client.responses.create(model="byline", input=QUESTION, tools=[none])
    assert byline(abstention)["abstained"] is True
    assert text_of(abstention).annotations == []
    assert abstention.output_text == "No article meets the filters."


@pytest.mark.parametrize(
    ("sent", "param", "message"),
    [
        ({"input": ""}, "input.0.content", "empty"),
        ({"input": []}, "input", "last turn"),
        ({"input": [{"role": "assistant", "content": "Hello."}]}, "input", "last turn"),
        ({"input": [{"content": "Hello."}]}, "input.0.role", "needs one"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input.0", "nothing is kept"),
        ({"input": "x" * 2001}, "input.0.content", "2,001"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input.0.content",
            "input_image",
        ),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "nothing is kept"),
        ({"conversation": "conv_1"}, "conversation", "nothing is kept"),
        ({"background": True}, "background", "at once"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format", "plain text"),
        ({"tool_choice": "required"}, "tool_choice", "no tool"),
        ({"tools": [{"type": "file_search"}]}, "tools.0.vector_store_ids", "vs_byline"),
        ({"tools": [FILE_SEARCH | {"max_num_results": 51}]}, "tools.0.max_num_results", "1 to 50"),
        ({"tools": [FILE_SEARCH, FILE_SEARCH]}, "tools.1", "one file_search"),
        (
            {"tools": [FILE_SEARCH | {"filters": {"type": "eq", "key": "colour", "value": "red"}}]},
            "tools.0.filters.key",
            "'colour'",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_would_be_answered_wrongly_is_refused_by_field(
    client: OpenAI, sent: dict[str, Any], param: str, message: str, *, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "byline", "input": QUESTION, "stream": stream, **sent})
    assert caught.value.param == param
    assert message in caught.value.message


@pytest.mark.parametrize(
    "member",
    [
        b'"tools": [{"type": "x", "y": NaN}]',
        b'"tools": [{"type": "\\ud800"}]',
        b'"tools": [{"type": "x", "y": ' + b"[" * 200 + b"]" * 200 + b"}]",
        b'"tool_choice": "\\ud800"',
        b'"metadata": {"\\ud800": "x"}',
        b'"instructions": "\\ud800"',
        b'"\\ud800": 1, "input": 5',
        b'"tools": [{"type": "file_search", "vector_store_ids": ["byline"], "filters": {"\\ud800": 1}}]',
        b'"tools": [{"type": "file_search", "vector_store_ids": ["byline"], "filters": {"type": "gt", "key": "start",'
        b' "value": 1e999}}]',
    ],
)
def test_what_cannot_be_sent_back_is_refused_and_breaks_nothing(http: httpx.Client, member: bytes) -> None:
    for stream in (b"true", b"false"):
        body = b'{"input": "Who was hurt?", "stream": ' + stream + b", " + member + b"}"
        answer = http.post("/v1/responses", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"
