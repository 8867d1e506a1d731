"""What there is no room for is refused before its body is sent, and health is told of all the while."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from indexing.encoders.protocol import Encoded
from service.http.door import MOST_READS
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


def test_readiness_is_told_of_while_as_many_as_may_are_reading(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client, ExitStack() as stack:
        address = (client.base_url.host, client.base_url.port or 0)
        for _ in range(MOST_READS):
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(b"POST /v1/verify HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{")
        until(lambda: client.get("/v1/articles").status_code == 503)
        refused = client.get("/v1/articles")
        assert refused.headers["retry-after"] == "2"
        assert refused.json()["detail"] == "32 requests are being answered already; send it again later"
        assert client.get("/readyz").status_code == 200
        stack.close()
        until(lambda: client.get("/v1/articles").status_code == 200)
