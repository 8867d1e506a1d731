"""What nginx does as `deploy/nginx.conf` tells it, in front of replicas that follow a script."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from service.http import asking
from service.http.limits import MAX_ARTICLE_BYTES, MAX_BODY_BYTES
from tests.resilience.balanced import balanced, why_not

pytestmark = [pytest.mark.server, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]

Script = Callable[["Replica"], None]


class Replica(BaseHTTPRequestHandler):
    """Notes each request whole, and then does what the script says."""

    protocol_version = "HTTP/1.1"
    script: Script
    seen: list["Replica"]
    body: bytes

    def _take(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.append(self)
        type(self).script(self)

    do_GET = do_POST = do_PUT = do_DELETE = _take  # noqa: N815 - the library's names

    def answer(self, body: bytes = b"{}", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def replica(script: Script, *, port: int = 0) -> Iterator[tuple[str, list[Replica]]]:
    class Scripted(Replica):
        pass

    Scripted.script, Scripted.seen = script, []
    server = ThreadingHTTPServer(("127.0.0.1", port), Scripted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", Scripted.seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


NOBODY = "127.0.0.1:9"


@contextmanager
def in_front_of(folder: Path, script: Script) -> Iterator[tuple[httpx.Client, list[Replica]]]:
    """A replica that follows a script beside one that is not there, and what it saw."""
    with (
        replica(script) as (address, seen),
        balanced(folder, (NOBODY, address)) as balancer,
        httpx.Client(base_url=balancer, timeout=20) as client,
    ):
        yield client, seen


def test_a_request_reaches_a_replica_with_its_key_and_its_host_and_no_word_of_who_forged_what(tmp_path: Path) -> None:
    with in_front_of(tmp_path, lambda one: one.answer(x_request_id="own", retry_after="7", status=503)) as (
        client,
        seen,
    ):
        headers = {
            "authorization": "Bearer byline_x", "host": "news.example", "x-request-id": "own",
            "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1", "traceparent": "00-1-2-01",
        }  # fmt: skip
        answer = client.post("/v1/ask?a=%2F", content=b'{"question": "?"}', headers=headers)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-request-id"]) == (503, "7", "own")
    (got,) = seen
    assert (got.command, got.path, got.body) == ("POST", "/v1/ask?a=%2F", b'{"question": "?"}')
    told = {name: got.headers[name] for name in ("authorization", "host", "x-request-id", "traceparent")}
    assert told == {name: headers[name] for name in told}
    assert got.headers["x-forwarded-for"] == "127.0.0.1"
    assert got.headers["x-forwarded-proto"] == "http"
    assert got.headers["forwarded"] is None


ASKED = sorted(asking.QUESTIONS | asking.CHECKS - {"/v1/feedback"} | {"/v1/vector_stores/vs_byline/search", "/mcp"})


@pytest.mark.parametrize(
    ("method", "path", "again"),
    [
        *(("POST", path, True) for path in ASKED),
        ("GET", "/v1/articles", True),
        ("GET", "/v1/articles/a", True),
        ("PUT", "/v1/articles/a", True),
        ("DELETE", "/v1/articles/a", True),
        ("POST", "/v1/feedback", False),
        ("POST", "/v1/anything-new", False),
    ],
)
def test_what_a_replica_hangs_up_on_is_sent_again_where_that_is_safe(
    tmp_path: Path, method: str, path: str, *, again: bool
) -> None:
    with in_front_of(tmp_path, Replica.hang_up) as (client, seen):
        answer = client.request(method, path, content=b"words")
    assert [each.body for each in seen] == [b"words"] * (2 if again else 1), "twice at most"
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["detail"] == "no replica answered; send it again"


@pytest.mark.parametrize("other", [None, NOBODY])
def test_the_other_replica_answers_for_one_that_hangs_up_or_is_not_there(tmp_path: Path, other: str | None) -> None:
    with (
        replica(Replica.hang_up) as (hanging, asked),
        replica(Replica.answer) as (answering, answered),
        balanced(tmp_path, (other or hanging, answering)) as address,
        httpx.Client(base_url=address, timeout=20) as client,
    ):
        statuses = [client.post("/v1/search", json={"query": "x"}).status_code for _ in range(20)]
        statuses += [client.put("/v1/articles/a", json={"text": "x"}).status_code for _ in range(20)]
    assert statuses == [200] * 40
    assert len(answered) == 40
    assert len(asked) < 10, "who hangs up is left alone for a while"


def test_one_that_comes_back_as_the_other_dies_answers_at_once_whatever_was_known_of_it(tmp_path: Path) -> None:
    with replica(Replica.answer) as (first, _), replica(Replica.answer) as (second, _):
        pass
    # nobody is there: both are taken for failed
    with balanced(tmp_path, (first, second)) as address, httpx.Client(base_url=address, timeout=20) as client:
        assert client.get("/readyz").status_code == 502
        with replica(Replica.answer, port=int(second.partition(":")[2])):
            assert [client.get("/readyz").status_code for _ in range(9)] == [200] * 9


def test_events_pass_as_they_come(tmp_path: Path) -> None:
    received = threading.Event()

    def script(one: Replica) -> None:
        one.send_response(200)
        one.send_header("content-type", "text/event-stream")
        one.send_header("x-accel-buffering", "no")
        one.send_header("connection", "close")
        one.end_headers()
        one.wfile.write(b"event: passages\n\n")
        one.wfile.flush()
        assert received.wait(10), "the first event was held back"
        one.wfile.write(b"event: end\n\n")
        one.hang_up()

    with in_front_of(tmp_path, script) as (client, _), client.stream("POST", "/v1/ask", json={}) as answer:
        events = answer.iter_lines()
        assert next(events) == "event: passages"
        received.set()
        assert [line for line in events if line] == ["event: end"]


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [("PUT", "/v1/articles/a", MAX_ARTICLE_BYTES), ("POST", "/v1/ask", MAX_BODY_BYTES), ("POST", "/x", MAX_BODY_BYTES)],
)
def test_bodies_are_bounded_as_the_service_bounds_them(tmp_path: Path, method: str, path: str, most: int) -> None:
    with in_front_of(tmp_path, Replica.answer) as (client, seen):
        assert client.request(method, path, content=b"x" * most).status_code == 200
        refused = client.request(method, path, content=b"x" * (most + 1))
        assert (refused.status_code, refused.json()["status"]) == (413, 413)
        assert [len(each.body) for each in seen] == [most]


def test_figures_are_had_from_each_replica_alone(tmp_path: Path) -> None:
    with in_front_of(tmp_path, Replica.answer) as (client, seen):
        assert client.get("/metrics").status_code == 404
        assert client.get("/readyz").status_code == 200
    assert [each.path for each in seen] == ["/readyz"]
