"""The short way past the framework gives what the framework's way gives, to the letter."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import Message

from service.core.engine import Engine
from service.http.admission import Admission
from service.http.questions import QUICK
from tests.service.conftest import salthaven
from tests.service.generating import QUESTION, library_in, writing, written_by

SHORT, LONG = {"content-type": "application/json"}, {"content-type": "application/json; charset=utf-8"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


def both(client: httpx.Client, path: str, body: bytes) -> tuple[tuple[int, str, object], tuple[int, str, object]]:
    found = [client.post(path, content=body, headers=headers) for headers in (SHORT, LONG)]
    short, long = ((one.status_code, one.headers["content-type"], untimed(one.json())) for one in found)
    return short, long


def untimed(reply: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in reply.items() if name != "timings_ms"}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 120)
    | st.floats(allow_nan=True)
    | st.sampled_from(["", "harbour", "Why was it closed?", "2024-01-16", "user", "🌊", "a\x00b", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["published_from", "publishers", "role", "content"]), inner, max_size=2)
    ),
    max_leaves=4,
)
BODIES = st.dictionaries(
    st.sampled_from(["question", "query", "k", "filters", "history"]), VALUES, max_size=4
) | st.fixed_dictionaries(
    {"question": st.just("Who was hurt?")},
    optional={"k": st.integers(1, 9), "filters": VALUES, "history": VALUES},
)


@example({"question": "Who was hurt?", "filters": {"published_from": "\ud800"}}, "/v1/ask")
@given(BODIES, st.sampled_from(["/v1/ask", "/v1/search"]))
def test_whatever_is_sent_both_ways_answer_alike(client: httpx.Client, body: dict[str, object], path: str) -> None:
    if path == "/v1/search" and "question" in body:
        body = {"query" if name == "question" else name: value for name, value in body.items()}
    short, long = both(client, path, json.dumps(body).encode())
    assert short == long
    assert short[0] < 500


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":, \\kquery1e', max_size=40).map(str.encode))
def test_bytes_that_are_no_question_are_refused_alike(client: httpx.Client, body: bytes) -> None:
    short, long = both(client, "/v1/search", body)
    assert short == long


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "harbour"}',
        b'{"query": "harbour", "query": "ferry"}',
        '{"query": "🌊 Salthaven"}'.encode(),
        '{"query": "harbour"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"query": "harbour"}',
        b'{"query": "harbour", "k": 5.0}',
        b'{"query": "harbour", "k": 1e1}',
        b'{"query": "harbour", "k": 99999999999999999999999}',
        b'{"query": "harbour", "k": -0}',
        b'{"query": "harbour", "filters": {"published_from": "2024-01-16T00:00:00"}}',
        b'{"query": "harbour", "filters": {"published_from": 1705363200}}',
        b'{"query": "harbour", "filters": {"publishers": null}}',
        b'{"query": "harbour", "filters": null}',
        b'"harbour"',
    ],
)
def test_odd_bodies_are_taken_or_refused_alike(client: httpx.Client, body: bytes) -> None:
    short, long = both(client, "/v1/search", body)
    assert short == long


def test_a_question_with_a_long_history_is_answered_alike(client: httpx.Client) -> None:
    history = [{"role": "assistant", "content": "Nobody knows. " * 100}] * 100
    short, long = both(client, "/v1/ask", json.dumps({"question": "Who was hurt?", "history": history}).encode())
    assert short == long
    assert short[0] == 200


@pytest.mark.parametrize(("path", "watched"), [("/v1/search", 0), ("/v1/ask", 1)])
def test_only_what_can_be_cancelled_is_watched_for_its_client_leaving(tmp_path: Path, path: str, watched: int) -> None:
    listening = list[bool]()

    async def receive() -> Message:
        listening.append(True)
        await asyncio.Event().wait()
        raise AssertionError

    async def answered(core: Engine) -> None:
        route, queue = QUICK[path], Admission(threads=1, waiting=1, seconds=20)
        asked = route.body.model_validate({"query" if path == "/v1/search" else "question": QUESTION})
        assert b'"passages"' in await route.answered(core, asked, queue, receive)
        queue.close()

    with written_by(writing("It was closed [1]."), library_in(tmp_path)) as (core, _):
        asyncio.run(answered(core))
    assert len(listening) == watched
