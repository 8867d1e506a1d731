"""A body of many wrong things is refused as soon as the first is seen, and the answer names a bounded number."""

from collections.abc import Iterator

import httpx
import pytest

from tests.service.conftest import salthaven

MANY = 300_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/chat/completions", '{"model": "byline", "messages": [%s]}'),
        ("POST", "/v1/chat/completions", '{"model": "byline", "messages": [{"role": "user", "content": [%s]}]}'),
        ("POST", "/v1/responses", '{"model": "byline", "input": [%s]}'),
        ("POST", "/v1/vector_stores/vs_byline/search", '{"query": [%s]}'),
        ("POST", "/v1/ask", '{"question": "Why?", "history": [%s]}'),
        ("PUT", "/v1/articles/long", '{"text": "Why?", "skipped": [%s]}'),
    ],
)
def test_what_is_wrong_a_hundred_thousand_times_is_told_once(
    client: httpx.Client, method: str, path: str, body: str
) -> None:
    content = (body % ",".join("0" * MANY)).encode()
    assert len(content) < 1024 * 1024
    answer = client.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert len(answer.content) < 2_000


def test_an_answer_names_a_hundred_fields_and_no_more(client: httpx.Client) -> None:
    answer = client.post("/v1/ask", json={"question": "Why?", **{f"unknown{n}": 1 for n in range(1000)}})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100


@pytest.mark.parametrize("body", ["[" * 50_000, '{"question": ' + "1" * 5_000 + "}"])
def test_json_that_no_parser_takes_is_an_error_of_the_body(client: httpx.Client, body: str) -> None:
    answer = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize("value", ["1" + "0" * 400, "1e400", "NaN", "-Infinity", "9223372036854775808"])
def test_a_number_beyond_all_bounds_is_named(client: httpx.Client, value: str) -> None:
    body = f'{{"query": "x", "filters": {{"type": "eq", "key": "start", "value": {value}}}}}'
    answer = client.post(
        "/v1/vector_stores/vs_byline/search", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("filters")
