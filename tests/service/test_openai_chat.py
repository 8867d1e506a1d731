"""OpenAI's client asks by chat completions, over a real socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionStreamOptionsParam
from pydantic import BaseModel

from tests.service.conftest import HARBOUR, salthaven
from tests.service.openai_client import openai_client
from tests.service.replied import VERIFIED
from tests.service.scripted_model import scripted_model

QUESTION = "Why was the harbour closed?"
FERRY_FARES = "Which ferry fares rise in May?"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def client(http: httpx.Client) -> Iterator[OpenAI]:
    with openai_client(http) as found:
        yield found


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def extra(found: BaseModel) -> dict[str, Any]:
    """What the service says beyond OpenAI's API."""
    members: dict[str, Any] = (found.model_extra or {})["byline"]
    return members


def streamed(
    client: OpenAI, messages: list[ChatCompletionMessageParam], *, include_usage: bool = False
) -> tuple[str, list[Any], dict[str, Any], CompletionUsage | None]:
    """The content, annotations, own members and usage that a stream's chunks come to."""
    content, annotations, usage = "", list[Any](), None
    byline: dict[str, Any] = {}
    ends = []
    options: ChatCompletionStreamOptionsParam = {"include_usage": include_usage}
    chunks = client.chat.completions.create(stream=True, model="byline", messages=messages, stream_options=options)
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            content += choice.delta.content or ""
            annotations += (choice.delta.model_extra or {}).get("annotations", [])
            ends.append(choice.finish_reason)
        byline |= (chunk.model_extra or {}).get("byline", {})
    assert ends[-1] == "stop"
    assert set(ends[:-1]) == {None}
    return content, annotations, byline, usage


def test_an_answers_annotations_stand_at_its_words_and_can_be_verified(http: httpx.Client, client: OpenAI) -> None:
    completion = client.chat.completions.create(model="byline", messages=[user(QUESTION)])
    (choice,) = completion.choices
    content = choice.message.content
    assert content is not None
    assert choice.finish_reason == "stop"
    assert choice.message.annotations
    asked = http.post("/v1/ask", json={"question": QUESTION}).json()
    assert content == asked["answer"]["text"]
    for annotation, expected in zip(choice.message.annotations, asked["answer"]["citations"], strict=True):
        place, citation = annotation.url_citation, extra(annotation)
        assert content[place.start_index : place.end_index] == citation["quote"]
        assert citation == expected
        assert place.title == citation["title"]
        assert http.post("/v1/verify", json={name: citation[name] for name in VERIFIED}).json()["valid"] is True
    assert extra(completion)["abstained"] is False
    assert extra(completion)["passages"] == asked["passages"]
    assert extra(completion)["answerable"] == asked["answerable"]


def test_an_annotation_links_the_articles_own_address_or_else_its_text_here(http: httpx.Client, client: OpenAI) -> None:
    for question, article_id in ((QUESTION, "harbour"), (FERRY_FARES, "ferry")):
        completion = client.chat.completions.create(model="byline", messages=[user(question)])
        annotation = (completion.choices[0].message.annotations or [])[0]
        citation = extra(annotation)
        assert citation["article_id"] == article_id
        url = annotation.url_citation.url
        if article_id == "harbour":
            assert url == HARBOUR["url"]
        else:
            assert url.startswith(str(http.base_url))
            assert http.get(url).json()["text"][citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize("question", [QUESTION, FERRY_FARES, "Who was hurt?", "harbour ferry"])
def test_a_stream_carries_what_the_whole_reply_carries(client: OpenAI, question: str) -> None:
    whole = client.chat.completions.create(model="byline", messages=[user(question)])
    content, annotations, byline, usage = streamed(client, [user(question)], include_usage=True)
    assert content == whole.choices[0].message.content
    assert annotations == [one.model_dump() for one in whole.choices[0].message.annotations or []]
    assert byline == extra(whole)
    assert usage == whole.usage


def test_the_clients_own_accumulator_reads_the_stream(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="byline", messages=[user(QUESTION)])
    with client.chat.completions.stream(model="byline", messages=[user(QUESTION)]) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.choices[0].message.annotations == whole.choices[0].message.annotations
    assert final.choices[0].finish_reason == "stop"


def test_usage_is_counted_and_streamed_only_if_asked_for(client: OpenAI) -> None:
    short = client.chat.completions.create(model="byline", messages=[user(QUESTION)]).usage
    threaded = client.chat.completions.create(model="byline", messages=[user(FERRY_FARES), user(QUESTION)]).usage
    assert short is not None
    assert threaded is not None
    assert 0 < short.prompt_tokens < threaded.prompt_tokens
    assert short.total_tokens == short.prompt_tokens + short.completion_tokens
    assert streamed(client, [user(QUESTION)])[3] is None


def test_an_abstention_is_a_message_without_annotations_that_says_so(tmp_path: Path) -> None:
    with salthaven(tmp_path) as http, openai_client(http) as client:
        for article_id in ("harbour", "ferry"):
            http.delete(f"/v1/articles/{article_id}")
        completion = client.chat.completions.create(model="byline", messages=[user(QUESTION)])
        assert completion.choices[0].message.content == "There are no articles yet."
        assert completion.choices[0].message.annotations == []
        assert extra(completion)["abstained"] is True
        assert extra(completion)["reason"] == "there are no articles yet"
        assert streamed(client, [user(QUESTION)])[:3] == ("There are no articles yet.", [], extra(completion))


def test_a_language_models_sentence_is_annotated_with_all_that_bears_it_out(tmp_path: Path) -> None:
    written = "Engineers checked all 14 cranes [1]. A submarine surfaced [1]. Nobody was hurt [1]."
    with (
        scripted_model(lambda _: written) as model,
        salthaven(tmp_path, llm_url=model.url, llm_model="scripted") as http,
        openai_client(http) as client,
    ):
        completion = client.chat.completions.create(
            model="byline", messages=[user("Which cranes had engineers checked, and was anybody hurt?")]
        )
        content = completion.choices[0].message.content or ""
        annotations = completion.choices[0].message.annotations or []
        assert [content[one.url_citation.start_index : one.url_citation.end_index] for one in annotations] == [
            "Engineers checked all 14 cranes.",
            "Nobody was hurt.",
        ]
        assert extra(annotations[0])["quote"] == "Engineers had checked all 14 cranes."
        assert extra(completion)["generation"]["dropped"][0]["text"] == "A submarine surfaced."


def test_the_last_message_is_the_question_and_the_earlier_ones_its_history(http: httpx.Client, client: OpenAI) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Answer only about cranes."},
        {"role": "user", "content": [{"type": "text", "text": "What happened to the ferry fares?"}]},
        {"role": "assistant", "content": "They rise by a tenth.", "annotations": []},
        {"role": "user", "content": "x" * 3000},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "harbour", "tool_call_id": "1"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "And what does its"}, {"type": "text", "text": "blame?"}],
        },
        {"role": "developer", "content": "Be brief."},
    ]
    completion = client.chat.completions.create(model="byline", messages=messages)
    question = "And what does its\nblame?"
    history = [{"role": "user", "content": "What happened to the ferry fares?"}]
    asked = http.post("/v1/ask", json={"question": question, "history": history}).json()
    assert asked["rewritten_question"]
    assert extra(completion)["rewritten_question"] == asked["rewritten_question"]
    assert completion.choices[0].message.content == asked["answer"]["text"]


def test_what_clients_send_along_by_habit_is_accepted(client: OpenAI) -> None:
    plain = client.chat.completions.create(model="byline", messages=[user(QUESTION)])
    dressed = client.chat.completions.create(
        model="gpt-4o",
        messages=[user(QUESTION)],
        n=1,
        temperature=0.2,
        top_p=0.9,
        max_tokens=1000,
        seed=3,
        presence_penalty=0.0,
        response_format={"type": "text"},
        tools=[{"type": "function", "function": {"name": "look_up", "parameters": {}}}],
        tool_choice="auto",
        logprobs=False,
        user="someone",
        metadata={"a": "b"},
        extra_body={"chat_id": "7"},
    )
    assert dressed.model == plain.model == "byline"
    assert dressed.choices == plain.choices


@pytest.mark.parametrize(
    ("sent", "param", "message"),
    [
        ({"n": 2}, "n", "must be 1"),
        ({"n": "1"}, "n", "must be 1"),
        ({"stop": ["\n"]}, "stop", "never cut"),
        ({"tool_choice": "required", "tools": []}, "tool_choice", "no tool"),
        ({"tool_choice": {"type": "function", "function": {"name": "x"}}}, "tool_choice", "no tool"),
        ({"response_format": {"type": "json_object"}}, "response_format", "plain text"),
        ({"modalities": ["text", "audio"]}, "modalities", "text only"),
        ({"logprobs": True}, "logprobs", "probabilities"),
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": [{"role": "assistant", "content": "Hello."}]}, "messages", "last turn"),
        ({"messages": [{"role": "system", "content": "Hello."}]}, "messages", "last turn"),
        ({"messages": [{"role": "reader", "content": "Hello."}]}, "messages.0.role", "'user'"),
        ({"messages": [user(" ")]}, "messages.0.content", "empty"),
        ({"messages": [user("a"), user("x" * 2001)]}, "messages.1.content", "2,001"),
        ({"messages": [user("a\x00b")]}, "messages.0.content.0.text", "NUL"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content", "list"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content", "no text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages.0.content",
            "image_url",
        ),
        ({"extra_body": {"stream": "yes"}}, "stream", "boolean"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_would_be_answered_wrongly_is_refused_by_field(
    client: OpenAI, sent: dict[str, Any], param: str, message: str, *, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "byline", "messages": [user(QUESTION)], "stream": stream, **sent})
    assert caught.value.param == param
    assert message in caught.value.message


def test_there_is_one_model(client: OpenAI) -> None:
    (listed,) = list(client.models.list())
    assert listed == client.models.retrieve("byline")
    assert listed.id == "byline"
    with pytest.raises(openai.NotFoundError, match="gpt-4o"):
        client.models.retrieve("gpt-4o")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve("chatcmpl-1")
