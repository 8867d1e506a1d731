"""Whatever is wrong with a request, the answer says what and where, and nothing is lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corpus.article import MAX_REPEATED_LENGTH
from corpus.library.lock import WRITER, exclusive
from indexing.errors import IndexBroken
from indexing.generations.manifest import generation_folder
from service.http.limits import MAX_BODY_BYTES
from tests.fakes import WordEncoder, fake_parts
from tests.service.conftest import salthaven
from tests.service.serving import serving

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


def refused(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = response.json()
    assert problem["status"] == status
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"question": ""}, "question", "it is empty"),
        ({"question": " \n\t"}, "question", "it is empty"),
        ({"question": "x" * 2001}, "question", "2,001 characters, at most 2,000"),
        ({"question": "x" * 1_000_000}, "question", "1,000,000 characters"),
        ({"question": 5}, "question", "string"),
        ({"question": None}, "question", "string"),
        ({}, "question", "required"),
        ({"question": "x", "k": 0}, "k", "greater than or equal to 1"),
        ({"question": "x", "k": -1}, "k", "greater than or equal to 1"),
        ({"question": "x", "k": 10_000}, "k", "less than or equal to 100"),
        ({"question": "x", "k": "5"}, "k", "integer"),
        ({"question": "x", "k": True}, "k", "integer"),
        ({"question": "x", "K": 5}, "K", "not permitted"),
        ({"question": "a\u0000b"}, "question", "NUL"),
        ({"question": "x", "filters": {"published_from": "2018-13-45"}}, "filters.published_from", "is not a date"),
        ({"question": "x", "filters": {"published_to": "yesterday"}}, "filters.published_to", "is not a date"),
        ({"question": "x", "filters": {"published_to": 20180101}}, "filters.published_to", "2018-12-01"),
        ({"question": "x", "filters": {"publishers": "one"}}, "filters.publishers", "list"),
        ({"question": "x", "filters": {"publishers": []}}, "filters.publishers", "at least 1"),
        (
            {"question": "x", "filters": {"published_from": "2019-01-02", "published_to": "2019-01-01"}},
            "filters",
            "is after",
        ),
        ({"question": "x", "filters": {"author": "one"}}, "filters.author", "not permitted"),
        ({"question": "x", "history": [{"role": "system", "content": "x"}]}, "history.0.role", "'user'"),
        ([], "body", "object"),
    ],
)
def test_a_wrong_question_is_refused_by_field(client: httpx.Client, body: object, field: str, message: str) -> None:
    problem = refused(client.post("/v1/ask", json=body), 422)
    errors = {error["field"]: error["message"] for error in problem["errors"]}  # type: ignore[attr-defined]
    assert message in errors[field]


@pytest.mark.parametrize("body", ['{"question": ', "", "not json", '{"question": "x"}}', '{"question": NaN}', "\xff"])
def test_malformed_json_is_refused(client: httpx.Client, body: str) -> None:
    problem = refused(client.post("/v1/ask", content=body.encode("latin-1"), headers=JSON), 422)
    assert "JSON" in str(problem["detail"]) or "body" in str(problem["detail"]) or "question" in str(problem["detail"])


def test_a_lone_surrogate_is_refused_by_field(client: httpx.Client) -> None:
    problem = refused(client.post("/v1/ask", content=b'{"question": "\\ud800"}', headers=JSON), 422)
    assert "lone surrogate" in str(problem["detail"])


def test_deeply_nested_json_is_refused(client: httpx.Client) -> None:
    response = client.post("/v1/ask", content=b'{"question": ' + b"[" * 100_000, headers=JSON)
    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("chunked", [False, True], ids=["length stated", "chunked"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(client: httpx.Client, *, chunked: bool) -> None:
    body = json.dumps({"question": "x" * (2 * MAX_BODY_BYTES)}).encode()
    parts = (body[at : at + 65536] for at in range(0, len(body), 65536))
    problem = refused(client.post("/v1/ask", content=parts if chunked else body, headers=JSON), 413)
    assert f"{MAX_BODY_BYTES:,}" in str(problem["detail"])
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"text": ""}, "text", "empty"),
        ({"text": " \n"}, "text", "empty"),
        ({}, "text", "required"),
        ({"text": "x", "title": " "}, "title", "empty"),
        ({"text": "x", "published_at": "2018-02-30"}, "published_at", "is not a date"),
        ({"text": "x", "published_at": "soon"}, "published_at", "is not a date"),
        ({"text": "x", "format": "docx"}, "format", "'text'"),
        ({"text": "x\u0000"}, "text", "NUL"),
        ({"text": "x", "skipped": [{"start": 0, "end": 9, "reason": "links"}]}, "skipped", "leaves the text"),
        ({"text": "x", "skipped": [{"start": 1, "end": 0, "reason": "links"}]}, "skipped", "start < end"),
        (
            {"text": "abc", "skipped": [{"start": n, "end": n + 1, "reason": "links"} for n in (2, 0)]},
            "skipped",
            "0:1 leaves the text, or begins before the end of the one ahead of it",
        ),
        ({"text": "x", "title": "t" * (MAX_REPEATED_LENGTH + 1)}, "title", "5,001 characters, at most 5,000"),
        ({"text": "x", "publisher": "p" * (MAX_REPEATED_LENGTH + 1)}, "publisher", "5,001 characters"),
        ({"text": "x", "url": "u" * (MAX_REPEATED_LENGTH + 1)}, "url", "5,001 characters"),
        ({"text": "t" * 9, "format": "markdown", "title": "t" * (MAX_REPEATED_LENGTH + 1)}, "title", "5,001"),
        ({"text": "x", "skipped": [{"start": 0, "end": 1, "reason": "dull"}]}, "skipped.0.reason", "appeal"),
        ({"text": "<p></p>", "format": "html"}, None, "request body"),
    ],
)
def test_a_wrong_article_is_refused_by_field_and_not_stored(
    client: httpx.Client, body: object, field: str | None, message: str
) -> None:
    problem = refused(client.put("/v1/articles/new", json=body), 422)
    errors = {error["field"]: error["message"] for error in problem["errors"]}  # type: ignore[attr-defined]
    assert message in (errors[field] if field else str(problem["detail"]))
    assert client.get("/v1/articles/new").status_code == 404


@pytest.mark.parametrize("article_id", ["a%00b", "%20a", "a%0Ab", "%2e%2e%5c", "x" * 201])
def test_an_impossible_id_is_refused(client: httpx.Client, article_id: str) -> None:
    refused(client.put(f"/v1/articles/{article_id}", json={"text": "x"}), 422)


@pytest.mark.parametrize("article_id", ["%ED%A0%80", "%ff", "ferry%C3", "%C3%28"])
def test_an_id_that_is_not_utf_8_is_refused_by_name_and_nothing_is_stored(
    client: httpx.Client, article_id: str
) -> None:
    before = client.get("/v1/articles").json()
    path = f"/v1/articles/{article_id}"
    for answer in (client.put(path, json={"text": "A ferry."}), client.get(path), client.delete(path)):
        assert refused(answer, 422)["errors"] == [{"field": "article_id", "message": "it is not UTF-8"}]
    assert client.get("/v1/articles").json() == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/articles/unknown",
        "/v1/passages/999999",
        "/v1/articles/harbour?revision=" + "0" * 64,
        "/nothing",
        "/static/x",
    ],
)
def test_what_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    refused(client.get(path), 404)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]:80"])
def test_a_host_name_that_is_not_this_machine_is_refused(client: httpx.Client, host: str) -> None:
    """An attacker's page whose name was rebound to 127.0.0.1 still sends its own name."""
    refused(client.get("/v1/articles", headers={"host": host}), 421)
    for local in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"):
        assert client.get("/v1/articles", headers={"host": local}).status_code == 200


def test_a_path_or_method_that_there_is_not_is_refused_with_where_to_look(client: httpx.Client) -> None:
    assert "/openapi.json has those of the API" in str(refused(client.get("/v1/question"), 404)["detail"])
    assert "/openapi.json has those it takes" in str(refused(client.get("/v1/ask"), 405)["detail"])


def test_other_refusals_are_problems_too(client: httpx.Client) -> None:
    refused(client.post("/livez"), 405)
    refused(client.get("/v1/articles/harbour?revision=short"), 422)
    refused(client.get("/v1/passages/0"), 422)
    refused(client.get("/v1/passages/99999999999999999999"), 422)
    refused(client.get("/v1/articles?limit=0"), 422)
    assert "revison" in str(refused(client.get("/v1/articles/harbour?revison=" + "0" * 64), 422)["detail"])


def test_a_writer_that_holds_the_lock_makes_writes_wait_and_then_say_who(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path, write_wait_seconds=0.1)) as client:
        with exclusive(tmp_path, WRITER, wait_seconds=1):
            response = client.put("/v1/articles/a", json={"text": "Words."})
            assert "process" in str(refused(response, 503)["detail"])
            assert int(response.headers["retry-after"]) > 0
        assert client.put("/v1/articles/a", json={"text": "Words."}).status_code == 201


def test_a_library_of_another_encoder_makes_a_running_server_unready_not_wrong(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client:
        client.put("/v1/articles/a", json={"text": "Words."})
        other = fake_parts(tmp_path, encoder=WordEncoder(name="other words"))
        assert list(other.reingester.resplit()) == ["a"]
        other.close()
        assert client.get("/livez").status_code == 200
        for response in (client.get("/readyz"), client.post("/v1/search", json={"query": "words"})):
            assert "other words" in str(refused(response, 503)["detail"])


def test_a_damaged_generation_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    with serving(parts) as client:
        client.put("/v1/articles/a", json={"text": "Words."})
    again = fake_parts(tmp_path)
    manifest = again.rebuild()
    again.close()
    file = next((generation_folder(tmp_path, manifest.number) / manifest.parts[0].file("vectors")).iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(IndexBroken, match="byline rebuild"), serving(fake_parts(tmp_path)):
        pass


def test_the_openapi_document_has_an_example_for_each_question(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for name in ("AskIn", "SearchIn", "ArticleIn"):
        assert document["components"]["schemas"][name]["examples"]
    for path in ("/v1/ask", "/v1/search", "/v1/articles/{article_id}", "/v1/passages/{passage_id}", "/v1/verify"):
        assert path in document["paths"]
