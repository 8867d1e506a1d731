"""Replies as server-sent events."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message

from service.core.cancellation import Cancellation, Cancelled
from service.core.values import Abstention, Found, Reply
from service.http.admission import Admission, ClientGone
from service.http.streaming import streamed
from tests.service.conftest import salthaven
from tests.service.scripted_model import ScriptedModel, scripted_model
from tests.service.test_admission import until

QUESTION = {"question": "Why was the harbour kept closed?"}
STREAM = {"accept": "text/event-stream"}
_SECONDS = 20


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@contextmanager
def events_of(client: httpx.Client, body: object) -> Iterator[Iterator[ServerSentEvent]]:
    with connect_sse(client, "POST", "/v1/ask", json=body) as source:
        source.response.raise_for_status()
        yield source.iter_sse()


def put_together(events: list[ServerSentEvent]) -> dict[str, Any]:
    """The reply that was sent in parts."""
    assert [event.event for event in events] == ["passages", "answer", "citations", "end"]
    passages, answer, citations, end = (json.loads(event.data) for event in events)
    if answer["answer"] is not None:
        answer["answer"] |= citations
    else:
        assert citations == {"citations": []}
    whole: dict[str, Any] = passages | answer | end
    return whole


def untimed(reply: dict[str, Any]) -> dict[str, Any]:
    assert reply.pop("timings_ms")["total"] > 0
    return reply


QUESTIONS = st.fixed_dictionaries(
    {"question": st.sampled_from(["Why was it closed?", "Who was hurt?", "What of the fares?", "", "🌊", "a\x00b"])},
    optional={
        "k": st.integers(0, 4),
        "filters": st.sampled_from([{"publishers": ["Coast & Country"]}, {"published_from": "2030-01-01"}, {"no": 1}]),
        "history": st.just([{"role": "user", "content": "Which harbour was closed?"}]),
    },
)


@given(QUESTIONS)
@settings(max_examples=60)
def test_the_parts_of_a_reply_are_the_reply_that_is_sent_whole(client: httpx.Client, body: dict[str, object]) -> None:
    whole = client.post("/v1/ask", json=body)
    with connect_sse(client, "POST", "/v1/ask", json=body) as source:
        if whole.is_error:
            source.response.read()
            assert (source.response.status_code, source.response.json()) == (whole.status_code, whole.json())
        else:
            assert source.response.headers["content-type"].startswith("text/event-stream")
            assert untimed(put_together(list(source.iter_sse()))) == untimed(whole.json())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", QUESTION),
        (
            "/v1/chat/completions",
            {"model": "byline", "messages": [{"role": "user", "content": "Why?"}], "stream": True},
        ),
        ("/v1/responses", {"input": "Why?", "stream": True}),
    ],
)
def test_no_stream_is_kept_or_collected_on_the_way(client: httpx.Client, path: str, body: dict[str, object]) -> None:
    headers = client.post(path, json=body, headers=STREAM).headers
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


@contextmanager
def written(home: Path, **changes: object) -> Iterator[tuple[httpx.Client, threading.Event, ScriptedModel]]:
    """A service whose language model answers when it may; one question at a time."""
    may = threading.Event()

    def script(_: object) -> str:
        assert may.wait(_SECONDS)
        return "It feared that a crane would fall [1]."

    with (
        scripted_model(script) as model,
        salthaven(home, llm_url=model.url, llm_model="scripted", llm_timeout_seconds=60, engine_threads=1, **changes)
        as client,
    ):  # fmt: skip
        try:
            yield client, may, model
        finally:
            may.set()


def test_passages_come_before_the_language_model_has_written(tmp_path: Path) -> None:
    with written(tmp_path) as (client, may, _), events_of(client, QUESTION) as events:
        first = next(events)
        assert first.event == "passages"
        assert {one["article_id"] for one in json.loads(first.data)["passages"]} == {"harbour", "ferry"}
        may.set()
        rest = list(events)
    reply = put_together([first, *rest])
    assert reply["generation"]["model"] == "scripted"


def test_when_the_client_leaves_the_language_model_is_hung_up_on_and_the_thread_is_free(tmp_path: Path) -> None:
    with written(tmp_path) as (client, _, model):
        with events_of(client, QUESTION) as events:
            assert next(events).event == "passages"
            until(lambda: model.requests)
        # the only thread answers this, which needs no model, while the model has not written to the other question
        assert client.post("/v1/search", json={"query": "ferry"}, timeout=10).status_code == 200
        with events_of(client, QUESTION) as events:
            assert next(events).event == "passages"


def test_a_client_that_leaves_before_there_are_passages_cancels_the_rewriting(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Which harbour was closed?"}]
    with written(tmp_path) as (client, _, model):
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/ask", json={"question": "Why was it?", "history": history}, headers=STREAM, timeout=0.5)
        assert model.requests
        assert client.post("/v1/search", json={"query": "ferry"}, timeout=10).status_code == 200


FOUND = Found("Why?", None, ())
REPLY = Reply("Why?", None, Abstention("no"), 0.0, None, (), {"total": 1.0})


def run(
    answer: Callable[[Callable[[Found], None], Cancellation], Reply],
    *,
    gone: bool = False,
    most: int = 100,
) -> list[bytes]:
    """The first of the events that answering so gives; the client may be gone from the start."""

    async def received() -> Message:
        if not gone:
            await asyncio.sleep(_SECONDS)
        return {"type": "http.disconnect"}

    async def read() -> list[bytes]:
        queue = Admission(threads=1, waiting=0, seconds=20)
        try:
            response = await streamed(answer, queue=queue, receive=received, heartbeat_seconds=0.02)
            events = list[bytes]()
            async for event in response.body_iterator:
                events.append(bytes(event))  # type: ignore[arg-type] # the framework allows text as well, we send none
                if len(events) == most:
                    break
            await response.body_iterator.aclose()  # type: ignore[attr-defined] # it is a generator
            return events
        finally:
            queue.close()

    return asyncio.run(read())


def test_there_are_signs_of_life_until_the_answer_comes() -> None:
    def answer(on_found: Callable[[Found], None], _: Cancellation) -> Reply:
        on_found(FOUND)
        time.sleep(0.3)
        return REPLY

    events = run(answer)
    assert events[0].startswith(b"event: passages\n")
    assert events.count(b": heartbeat\n\n") > 1
    assert events[-1].startswith(b"event: end\n")


def test_an_error_after_the_passages_is_an_event_and_one_before_them_is_raised() -> None:
    def fails(on_found: Callable[[Found], None], _: Cancellation) -> Reply:
        on_found(FOUND)
        raise RuntimeError("of no concern to clients")

    events = run(fails)
    name, data = events[-1].decode().strip().split("\n")
    assert (name, json.loads(data.removeprefix("data: "))["status"]) == ("event: error", 500)
    assert "of no concern" not in data

    def fails_at_once(_: Callable[[Found], None], __: Cancellation) -> Reply:
        raise RuntimeError("at once")

    with pytest.raises(RuntimeError, match="at once"):
        run(fails_at_once)


def test_who_leaves_cancels_the_question() -> None:
    ended = list[str]()

    def waits(found: Callable[[Found], None] | None, cancellation: Cancellation) -> Reply:
        woken = threading.Event()
        try:
            with cancellation.waking(woken.set):
                if found is not None:
                    found(FOUND)
                assert woken.wait(_SECONDS)
        except Cancelled:
            ended.append("cancelled")
            raise
        return REPLY

    with pytest.raises(ClientGone):
        run(lambda _, cancellation: waits(None, cancellation), gone=True)
    assert run(waits, most=1)[0].startswith(b"event: passages\n")
    assert ended == ["cancelled", "cancelled"]
