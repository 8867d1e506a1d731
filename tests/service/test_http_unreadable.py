"""What cannot be read of a request is refused early, and told of in words about the request."""

import gzip
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from service.http.limits import MAX_BODY_BYTES
from tests.service.conftest import salthaven

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


def detail(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_a_body_is_refused_by_its_head_before_it_is_sent_or_asked_for(client: httpx.Client) -> None:
    for stated in (MAX_BODY_BYTES + 1, 99_999_999, 10**40):
        head = f"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {stated}\r\n\r\n"
        with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5) as connection:
            connection.sendall(head.encode())
            answer = connection.makefile("rb").read()
        # a length beyond what the parser counts in is no request to it
        assert answer.startswith(b"HTTP/1.1 413 " if stated < 10**19 else b"HTTP/1.1 400 "), answer
    packed = client.post("/v1/ask", content=gzip.compress(b"{}"), headers={**JSON, "content-encoding": "gzip"})
    assert detail(packed, 415).startswith("content-encoding: ")
    assert client.post("/v1/search", json={"query": "x"}, headers={"content-encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/publishers", "/v1/vector_stores"])
def test_a_query_that_is_no_text_is_refused_by_field(client: httpx.Client, path: str) -> None:
    answer = client.get(f"{path}?limit=1&after=%ff")
    assert answer.status_code in {400, 422}
    assert "after: it is not UTF-8" in answer.text
    assert client.get("/v1/articles?after=%C3%A9").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/v1/ask", b'{"question": "Why?", "\\ud800": 1}', "body: the name of a field in it holds a lone surrogate"),
        ("/v1/ask", b'{"question": "Why?", "k": ' + b"9" * 5000 + b"}", "body: a number in it has too many digits"),
        ("/v1/ask", b'{"question": ' + b"[" * 100_000, "body: lists or objects in it are nested too deeply"),
        (
            "/v1/ask",
            json.dumps({"question": "Why?", "history": [{"role": "user", "content": "x" * 100_001}]}).encode(),
            "history.0.content: String should have at most 100000 characters",
        ),
    ],
)
def test_what_is_wrong_with_json_is_told_in_words_about_the_request(
    client: httpx.Client, path: str, body: bytes, told: str
) -> None:
    assert detail(client.post(path, content=body, headers=JSON), 422).startswith(told)
