"""Nobody is waited for without end: half heads, half bodies and clients that do not read lose their connection."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.connections import BoundedConnection
from service.http.limits import BodyLimit
from service.http.listening import SharingServer
from tests.service.cli_runs import ROOT

SMALL = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n"
_LARGE_BYTES = 64 * 1024 * 1024
"""More than the kernel buffers for a client that does not read."""


class Hasty(BoundedConnection):
    HEAD_SECONDS = 0.3
    STALL_SECONDS = 0.3
    LAST_SECONDS = 1.0


async def length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes in the body, or with very many bytes to a request for `/large`."""
    received, more = 0, True
    while more:
        message = await receive()
        received, more = received + len(message.get("body", b"")), message.get("more_body", False)
    body = bytes(_LARGE_BYTES) if scope["path"] == "/large" else str(received).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(app: ASGIApp) -> Iterator[tuple[int, SharingServer]]:
    listener = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()
    config = uvicorn.Config(app, http=Hasty, lifespan="off", log_config=None, ws="none")
    server = SharingServer(config, listener=listener, on_start=started.set)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(20)
    try:
        yield listener.getsockname()[1], server
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(BodyLimit(length, seconds=0.3, rate=250_000, held=3_000_000)) as (number, _):
        yield number


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def until_closed(connection: socket.socket) -> bytes:
    """What it says until it hangs up."""
    said = b""
    try:
        while received := connection.recv(65536):
            said += received
    except ConnectionResetError:
        pass
    return said


@pytest.mark.parametrize("begun", [b"GET / HT", b"POST / HTTP/1.1\r\nhost: he"])
def test_half_a_head_is_told_that_it_is_late(port: int, begun: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(begun)
        assert until_closed(connection).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_drips_is_late_all_the_same(port: int) -> None:
    with connected(port) as connection:
        connection.settimeout(0.05)
        said = b""
        for byte in b"GET / HTTP/1.1\r\nx: " + b"y" * 400:
            try:
                connection.sendall(bytes([byte]))
                said = connection.recv(100)
                break
            except TimeoutError:
                continue
        assert said.startswith(b"HTTP/1.1 408 ")


def test_who_says_nothing_is_hung_up_on_without_a_word(port: int) -> None:
    with connected(port) as connection:
        assert until_closed(connection) == b""


def test_the_second_head_of_a_connection_is_waited_for_no_longer_than_the_first(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(SMALL)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /second")
        assert until_closed(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("more", [b"\r\n", b"\r\n\r\n\r\n", b"G"])
def test_whatever_comes_after_an_answer_the_next_request_is_waited_for_no_longer(port: int, more: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(SMALL)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(more)
        until_closed(connection)


def test_the_rest_of_a_body_that_was_refused_is_not_waited_for_either() -> None:
    async def refused(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    with served(refused) as (number, _), connected(number) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 90000\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")
        connection.sendall(b"x")
        assert until_closed(connection) == b""


def test_half_a_head_behind_a_request_does_not_take_its_answer_away() -> None:
    goes_on = threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(goes_on.wait, 20)
        await length(scope, receive, send)

    with served(slow) as (number, _), connected(number) as connection:
        connection.sendall(SMALL + b"GET /second HTTP/1.1\r\nx: ")
        time.sleep(0.6)
        goes_on.set()
        assert until_closed(connection).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_does_not_come_is_told_that_it_is_late(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n\r\nhalf")
        said = until_closed(connection)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"the body did not come in time" in said


def test_a_body_gets_time_for_what_of_it_came(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: 900000\r\n\r\n")
        for _ in range(9):
            # a second for 250,000 bytes, and 0.3 s to begin with
            connection.sendall(b"x" * 100_000)
            time.sleep(0.08)
        assert until_closed(connection).endswith(b"900000")


def test_bodies_that_are_too_much_together_are_refused_and_room_is_made_when_they_are_gone(port: int) -> None:
    head = b"PUT / HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    with connected(port) as first, connected(port) as second:
        first.sendall(head % 2_500_000 + b"x" * 2_000_000)
        time.sleep(0.1)
        second.sendall(head % 1_500_000 + b"x" * 1_500_000)
        said = until_closed(second)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after" in said.lower()
        with connected(port) as small:
            # those that store nothing have room of their own
            small.sendall(LAST)
            assert small.recv(100).startswith(b"HTTP/1.1 200 ")
        first.sendall(b"x" * 500_000)
        assert until_closed(first).endswith(b"2500000")
    with connected(port) as third:
        third.sendall(head % 1_500_000 + b"x" * 1_500_000)
        assert until_closed(third).endswith(b"1500000")


def test_who_does_not_read_a_large_answer_loses_it(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(SMALL.replace(b"GET /", b"GET /large"))
        time.sleep(1)
        assert len(until_closed(connection)) < _LARGE_BYTES


def test_who_reads_slowly_gets_all_of_it(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(LAST.replace(b"GET /", b"GET /large"))
        received = 0
        while some := connection.recv(1 << 20):
            received += len(some)
            time.sleep(0.01)
        assert received > _LARGE_BYTES


def test_at_the_end_every_connection_that_the_kernel_took_is_answered() -> None:
    begun, goes_on = threading.Event(), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await asyncio.to_thread(goes_on.wait, 20)
        await length(scope, receive, send)

    with served(slow) as (port, server):
        under_way = connected(port)
        under_way.sendall(SMALL)
        assert begun.wait(20)
        kept = connected(port)
        # the loop stands still while the signal and these come
        with held_loop(server) as stand:
            stand()
            server.should_exit = True
            waiting = [connected(port) for _ in range(20)]
            for connection in waiting:
                connection.sendall(SMALL)
            kept.sendall(SMALL)
            # the server looks ten times a second whether it is to end
            time.sleep(0.3)
        goes_on.set()
        for connection in (under_way, kept, *waiting):
            said = until_closed(connection)
            assert said.startswith(b"HTTP/1.1 200 ")
            connection.close()


@contextmanager
def held_loop(server: SharingServer) -> Iterator[Callable[[], None]]:
    """Stops the event loop of a server until the block ends."""
    held, free = threading.Event(), threading.Event()
    (connection, *_) = server.server_state.connections
    loop = connection.loop

    def stand() -> None:
        held.set()
        free.wait(20)

    def begin() -> None:
        loop.call_soon_threadsafe(stand)
        assert held.wait(20)

    try:
        yield begin
    finally:
        free.set()


def test_a_request_that_comes_just_after_the_end_on_a_kept_connection_is_answered_and_told_to_be_the_last() -> None:
    with served(length) as (port, server), connected(port) as kept:
        kept.sendall(SMALL)
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
        connections = server.server_state.connections
        server.should_exit = True
        while not all(getattr(each, "_is_last", False) for each in connections):
            time.sleep(0.01)
        kept.sendall(SMALL)
        said = until_closed(kept)
        assert said.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in said


def test_a_service_may_have_more_files_open_than_shells_allow() -> None:
    code = """
import resource
from service.http.serving import _raise_limit_of_files
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
_raise_limit_of_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (8192 if hard == -1 else min(8192, hard), hard))
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 512))
_raise_limit_of_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True\n(512, 512)\n"
