"""What is counted and logged of requests, and what is not."""

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message

from service.core.log import QUESTIONS
from service.http.observing import Observed
from service.logs import LogFormat, configure
from tests.service.conftest import salthaven
from tests.service.test_admission import held_service, until

CANARY = "Why was the canary so quiet?"


def figures(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_questions_are_counted_by_what_came_of_them_and_timed_by_step(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        assert client.post("/v1/ask", json={"question": "Who was hurt?"}).json()["answer"] is not None
        for query in ("ferry", "fares"):
            assert client.post("/v1/search", json={"query": query}).json()["passages"]
        filters = {"publishers": ["Nobody"]}
        assert client.post("/v1/search", json={"query": "ferry", "filters": filters}).json()["passages"] == []
        assert client.post("/v1/ask", json={"question": "x", "filters": filters}).json()["abstention"] is not None
        assert client.post("/v1/ask", json={"question": ""}).status_code == 422
        found = figures(client)
    assert found["byline_questions_total", "answer", "ask"] == 1
    assert found["byline_questions_total", "abstention", "ask"] == 1
    assert found["byline_questions_total", "passages", "search"] == 2
    assert found["byline_questions_total", "nothing", "search"] == 1
    for step, times in {"encode": 5, "retrieve": 5, "answer": 2, "total": 5}.items():
        assert found["byline_step_seconds_count", step] == times
        assert 0 < found["byline_step_seconds_sum", step] < 60


def test_requests_are_counted_by_route_and_never_by_what_the_client_made_up(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        for path in ("/v1/articles/harbour", "/v1/articles/ferry", "/v1/articles/no-such", "/no/such/route"):
            client.get(path)
        client.request("PROPFIND", "/v1/ask")
        client.post("/v1/ask", json={"question": "Who?"})
        client.post("/v1/ask", json={"question": "Who?", "misspelt": 1})
        client.get("/livez", headers={"host": "evil.example"})
        client.post("/mcp", json={})
        found = figures(client)
    assert found["byline_http_requests_total", "GET", "/v1/articles/{article_id}", "200"] == 2
    assert found["byline_http_requests_total", "GET", "/v1/articles/{article_id}", "404"] == 1
    assert found["byline_http_requests_total", "PUT", "/v1/articles/{article_id}", "201"] == 2
    assert found["byline_http_requests_total", "GET", "unknown", "404"] == 1
    assert found["byline_http_requests_total", "POST", "/v1/ask", "200"] == 1
    assert found["byline_http_requests_total", "POST", "/v1/ask", "422"] == 1
    assert found["byline_http_requests_total", "GET", "/livez", "421"] == 1
    assert [key for key in found if key[:3] == ("byline_http_requests_total", "POST", "/mcp")]
    assert {key[1] for key in found if key[0] == "byline_http_requests_total"} == {"GET", "PUT", "POST", "unknown"}
    assert not [key for key in found if "no-such" in str(key) or "PROPFIND" in str(key)]


def test_the_library_and_its_index_are_figures(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        before = figures(client)
        assert client.delete("/v1/articles/ferry").status_code == 204
        after = figures(client)
    assert (before["byline_articles",], after["byline_articles",]) == (2, 1)
    assert before["byline_passages",] > after["byline_passages",] > 0
    assert before["byline_passages_in_memory",] == before["byline_passages",]
    assert before["byline_index_generation",] == 0
    assert before["process_resident_memory_bytes",] > 1e6


def test_what_waits_and_what_is_refused_are_figures(tmp_path: Path) -> None:
    with held_service(tmp_path, queue=0) as (client, encoder):
        assert figures(client)["byline_questions_inside",] == 0
        with httpx.Client(base_url=client.base_url) as other, pytest.raises(httpx.ReadTimeout):
            other.post("/v1/search", json={"query": "ferry"}, timeout=0.3)
        until(lambda: encoder.begun)
        assert client.post("/v1/search", json={"query": "ferry"}).status_code == 503
        found = figures(client)
        assert (found["byline_questions_inside",], found["byline_questions_refused_total",]) == (1, 1)
        encoder.may.set()
        until(lambda: figures(client)["byline_questions_inside",] == 0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80).map(str.strip))
@settings(deadline=None)
def test_every_answer_has_the_id_of_its_request_which_is_the_clients_own_where_that_is_harmless(
    client: httpx.Client, given_id: str
) -> None:
    answer = client.get("/livez", headers={"x-request-id": given_id})
    (named,) = answer.headers.get_list("x-request-id")
    if re.fullmatch("[A-Za-z0-9._-]{1,48}", given_id):
        assert named == given_id
    else:
        assert re.fullmatch("[0-9a-f]{16}", named)
    other = client.post("/v1/ask", json={"question": ""})
    assert re.fullmatch("[0-9a-f]{16}", other.headers["x-request-id"])


def test_a_request_is_one_line_of_the_log_without_its_words(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="byline"):
        QUESTIONS.setLevel(logging.WARNING)
        client.post("/v1/ask", json={"question": CANARY}, headers={"x-request-id": "req-1"})
        client.get("/v1/articles/canary-article?revision=canary")
        client.get("/livez")
        client.get("/canary")
        # the last answer is there a moment before its line is
        until(lambda: len(caplog.records) > 2)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[:3] for line in lines] == [
        ["POST", "/v1/ask", "200"],
        ["GET", "/v1/articles/{article_id}", "422"],
        ["GET", "unknown", "404"],
    ]
    assert "canary" not in caplog.text


def test_questions_are_logged_where_that_is_asked_for_with_their_requests_id(
    client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure(LogFormat.JSON, questions=True)
        client.post("/v1/ask", json={"question": CANARY}, headers={"x-request-id": "req-2"})
        client.post("/v1/search", json={"query": "two\nlines"}, headers={"x-request-id": "req-3"})
        configure(LogFormat.TEXT, questions=False)
        client.post("/v1/ask", json={"question": CANARY}, headers={"x-request-id": "req-4"})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    *objects, text = [line for line in capfd.readouterr().err.splitlines() if "httpx" not in line]
    read = [json.loads(line) for line in objects]
    assert [(one["logger"], one["request_id"], one["level"]) for one in read] == [
        ("byline.questions", "req-2", "INFO"),
        ("byline.access", "req-2", "INFO"),
        ("byline.questions", "req-3", "INFO"),
        ("byline.access", "req-3", "INFO"),
    ]
    assert all(datetime.fromisoformat(one["time"]).tzinfo is not None for one in read)
    assert (read[0]["message"], read[2]["message"]) == (f"asked: {CANARY}", "searched: two\nlines")
    assert (read[1]["route"], read[1]["status"], read[1]["method"]) == ("/v1/ask", 200, "POST")
    assert re.search(r"INFO byline\.access: POST /v1/ask 200 [\d.]+ ms \(req-4\)$", text)


def test_an_application_that_fails_is_counted_as_500() -> None:
    counted = list[int]()

    class Counting:
        def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
            assert (method, route) == ("GET", "unknown")
            assert seconds >= 0
            counted.append(status)

    async def fails(*_: object) -> None:
        raise RuntimeError("at once")

    async def nothing() -> Message:
        raise AssertionError("it was read")

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    with pytest.raises(RuntimeError, match="at once"):
        asyncio.run(Observed(fails, metrics=Counting())(scope, nothing, fails))
    assert counted == [500]
