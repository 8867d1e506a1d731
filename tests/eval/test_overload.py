"""The benchmark of overload: it finds what a service can do at most, and tells what became of twice as much."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from eval.cost.client import Target
from eval.cost.load import Measured
from eval.cost.overload import Round, lines, overloaded, peak_of
from eval.errors import EvalError
from tests.eval.test_load import OK, answering


class Living(BaseHTTPRequestHandler):
    """Answers every POST, and GET as long as it lives."""

    protocol_version = "HTTP/1.1"
    status = 200

    def do_GET(self) -> None:
        self._answer(self.status)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Dying(Living):
    status = 503


@contextmanager
def served_by(handler: type[Living]) -> Iterator[Target]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Target("127.0.0.1", server.server_port, "/v1/search")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_peak_of_a_service_that_takes_5_ms_for_each_is_not_above_200_a_second() -> None:
    with answering([OK], seconds=0.005) as target:
        assert 0 < peak_of(target, [b"{}"], seconds=0.3, connections=16) <= 210


def test_twice_the_peak_is_offered_and_liveness_is_asked_meanwhile() -> None:
    with served_by(Living) as target:
        found = overloaded(target, [b"{}"], peak=20, seconds=1, connections=8)
    assert found.once.offered == pytest.approx(20)
    assert found.twice.offered == pytest.approx(40)
    assert len(found.twice.latencies_ms) == 40
    assert found.alive_ms
    assert min(found.alive_ms) > 0


def test_a_service_that_is_not_alive_gives_no_figures() -> None:
    with served_by(Dying) as target, pytest.raises(EvalError, match="/livez"):
        overloaded(target, [b"{}"], peak=20, seconds=0.2, connections=8)


def test_the_table_has_the_share_of_saturation_and_what_was_refused() -> None:
    twice = Measured(400, 2.0, [10.0] * 360, refusals_ms=[4.0] * 440, failed=0)
    once = Measured(200, 2.0, [10.0] * 400, refusals_ms=[], failed=0)
    table = list(lines([Round(once, twice, [1.0, 2.0])]))
    assert "| share of that | 0.90 |" in table
    assert "| refused | 440 |" in table
    assert "| p99 of the answered, ms | 10 |" in table
    assert "| failed | 0.00 |" in table
