"""What there is no room for is refused before its body is sent, and health is told of all the while."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from indexing.encoders.protocol import Encoded
from service.http import articles, dify, feedback, questions
from service.http.admission import Admission
from service.http.asking import is_question
from service.http.door import MOST_READS, Door
from service.http.openai.routers import ROUTERS as OPENAI
from service.http.state import Queue
from tests.fakes import WordEncoder, fake_parts
from tests.service.serving import serving
from tests.service.test_admission import held_service, until

QUESTIONS = [
    "/v1/ask",
    "/v1/search",
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/vector_stores/vs_byline/search",
    "/retrieval",
]


NOWHERE = {"article_id": "none", "revision": "0" * 64, "start": 0, "end": 1, "quote": "x"}


class HeldWriting(WordEncoder):
    """Encodes passages only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.begun = 0

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        self.begun += 1
        assert self.may.wait(20)
        return super().encode_passages_with_pieces(texts)


def head_only(client: httpx.Client, method: str, path: str) -> bytes:
    """The answer to a head whose body never comes; nothing where the body is waited for."""
    address = (client.base_url.host, client.base_url.port or 0)
    with socket.create_connection(address, timeout=0.5) as connection:
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        connection.sendall(f"{head}content-length: 900000\r\n\r\n".encode())
        try:
            return connection.recv(4096)
        except TimeoutError:
            return b""


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_question_is_refused_by_its_head_where_the_queue_is_full(tmp_path: Path, path: str) -> None:
    with held_service(tmp_path, queue=0) as (client, encoder), ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/v1/search", json={"query": "ferry"})
        until(lambda: encoder.begun)
        said = head_only(client, "POST", path)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 2\r\n" in said
        assert b"connection: close\r\n" in said
        for healthy in ("/livez", "/readyz", "/metrics"):
            assert client.get(healthy).status_code == 200
        assert "byline_questions_refused_total 1.0" in client.get("/metrics").text
        encoder.may.set()
        assert first.result(20).status_code == 200


def test_the_door_looks_at_the_queue_that_a_route_waits_in() -> None:
    queue = get_args(Queue)[1].dependency
    posts = {
        route.path: any(needed.call is queue for needed in route.dependant.dependencies)
        for router in (questions.router, articles.router, feedback.router, dify.router, *OPENAI)
        for route in router.routes
        if isinstance(route, APIRoute) and route.methods == {"POST"}
    }
    assert len(posts) >= len(QUESTIONS)
    assert {path: is_question(path) for path in posts} == posts


def test_a_write_too_many_is_refused_by_its_head_and_the_others_are_stored(tmp_path: Path) -> None:
    encoder = HeldWriting()
    with serving(fake_parts(tmp_path, encoder=encoder)) as client, ThreadPoolExecutor(18) as pool:
        held = [
            pool.submit(client.put, f"/v1/articles/a{number}", json={"text": f"Word{number} was said."})
            for number in range(18)
        ]
        until(lambda: encoder.begun == 2)
        # nothing outside tells how many wait: the refusal is waited for
        until(lambda: head_only(client, "PUT", "/v1/articles/many").startswith(b"HTTP/1.1 503 "))
        refused = client.delete("/v1/articles/a0")
        assert refused.status_code == 503
        assert refused.json()["detail"] == "16 writes are waiting already; ask again later"
        assert client.post("/v1/search", json={"query": "word"}).status_code == 200
        assert client.get("/readyz").status_code == 200
        encoder.may.set()
        assert [one.result(20).status_code for one in held] == [201] * 18
        assert client.get("/readyz").json()["passages"] == 18


def test_half_bodies_keep_nobody_out(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client, ExitStack() as stack:
        address = (client.base_url.host, client.base_url.port or 0)
        for _ in range(100):
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(b"POST /v1/verify HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{")
        for path in ("/", "/v1/articles", "/readyz"):
            assert client.get(path).status_code == 200
        assert client.post("/v1/verify", json=NOWHERE).json()["valid"] is False


def test_more_readers_than_may_are_refused_and_one_whose_answer_has_begun_is_none() -> None:
    """However slowly it then reads."""

    async def asked() -> None:
        answers, goes_on = list[int](), asyncio.Event()

        async def app(_: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await goes_on.wait()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        idle = [Admission(threads=1, waiting=1, seconds=1) for _ in range(3)]
        door = Door(app, questions=idle[0], writes=idle[1], checks=idle[2])
        arrived = asyncio.Event()

        async def receive() -> Message:
            await arrived.wait()
            return {"type": "http.request"}

        scope: Scope = {"type": "http", "method": "GET", "path": "/v1/articles", "headers": []}
        inside = [asyncio.create_task(door(scope, receive, send)) for _ in range(MOST_READS)]
        await asyncio.sleep(0)
        await door(scope, receive, send)
        assert answers == [503]
        arrived.set()
        await asyncio.sleep(0.01)
        inside += [asyncio.create_task(door(scope, receive, send))]
        await asyncio.sleep(0.01)
        assert answers[1:] == [200] * (MOST_READS + 1)
        goes_on.set()
        await asyncio.gather(*inside)
        for one in idle:
            one.close()

    asyncio.run(asked())


def test_a_write_whose_client_is_gone_ends_and_stores_nothing(tmp_path: Path) -> None:
    encoder = HeldWriting()
    text = " ".join(
        f"Word{number} was said on a day that nobody remembers, and it was not heard." for number in range(4000)
    )
    body = json.dumps({"text": text}).encode()
    with serving(fake_parts(tmp_path, encoder=encoder)) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address) as leaving:
            head = "PUT /v1/articles/long HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            leaving.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            until(lambda: encoder.begun)
        # nothing outside tells when the service has noticed
        time.sleep(0.3)
        encoder.may.set()
        assert client.put("/v1/articles/short", json={"text": "It was said."}).status_code == 201
        until(lambda: client.get("/v1/articles").json()["articles"][0]["id"] == "short")
        assert encoder.begun == 2
        assert client.get("/v1/articles/long").status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_told_to_who_asks_for_the_head_alone(tmp_path: Path, path: str) -> None:
    with serving(fake_parts(tmp_path)) as client:
        assert client.head(path).status_code == 200
