"""Requests whose head does not end are cut off, and bodies do not count as heads."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from service.http.heads import MAX_HEAD_BYTES, BoundedHead


async def _length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes in the body."""
    received, more = 0, scope["type"] == "http"
    while more:
        message = await receive()
        received, more = received + len(message.get("body", b"")), message.get("more_body", False)
    body = str(received).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_length, http=BoundedHead, lifespan="off", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


def said(port: int, *parts: bytes) -> bytes:
    """All that the server answers to these bytes, until it hangs up or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            while received := connection.recv(65536):
                answer += received
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nhost: here\r\ncookie: ", b"GET /"])
def test_a_head_without_end_is_cut_off(port: int, begun: bytes) -> None:
    assert said(port, begun, b"x" * (MAX_HEAD_BYTES - len(begun) + 1)).startswith(b"HTTP/1.1 431 ")
    assert not said(port, begun, b"x" * (MAX_HEAD_BYTES - len(begun))).startswith(b"HTTP/1.1 431 ")


def test_a_long_head_that_ends_is_taken(port: int) -> None:
    headers = b"cookie: " + b"c" * (MAX_HEAD_BYTES // 2) + b"\r\n"
    assert said(port, b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n" + headers + b"\r\n").endswith(b"0")


def test_bodies_are_no_heads_and_neither_are_requests_one_after_the_other(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 300000\r\n"
    answer = said(port, head + b"\r\n", b"x" * 300_000, head + b"connection: close\r\n\r\n", b"x" * 300_000)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.endswith(b"300000")


def test_an_upgrade_that_is_not_offered_is_ignored_and_the_body_read(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: here\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    for _ in range(2):
        assert said(port, head + b"content-length: 5\r\n\r\n", b"x" * 5).endswith(b"\r\n\r\n5")
    body = b"\r\nupgrade: h2c\r\n"
    answer = said(port, b"POST / HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: 16\r\n\r\n", body)
    assert answer.endswith(b"\r\n\r\n16")


@pytest.mark.parametrize(
    "sent",
    [
        b"FOO / HTTP/1.1\r\nhost: here\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"GET /" + b"x" * (MAX_HEAD_BYTES + 1),
    ],
)
def test_what_is_no_request_is_answered_with_a_problem_like_any_other(port: int, sent: bytes) -> None:
    head, _, body = said(port, sent).partition(b"\r\n\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head + b"\r\n"
    assert b"\r\nconnection: close" in head
    assert json.loads(body)["status"] == int(head.split()[1])


def test_fields_behind_a_body_do_not_go_on_without_end(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n"
    few = said(port, head, b"5\r\nxxxxx\r\n0\r\na: b\r\n\r\n")
    assert few.endswith(b"\r\n\r\n5")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head + b"0\r\n")
        fields = (b"a: " + b"x" * 20 + b"\r\n") * 1_000_000
        with pytest.raises(ConnectionError):
            connection.sendall(fields)


def test_a_head_behind_a_large_body_in_one_piece_is_none_that_is_too_large(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 300000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head + b"x" * 300_000 + b"GET / HTTP/1.1\r\n")
        connection.sendall(b"connection: close\r\n\r\n")
        # the server hangs up: ending this side before would let it drop the last answer
        answer = b""
        while received := connection.recv(65536):
            answer += received
    assert answer.count(b"HTTP/1.1 200") == 2
