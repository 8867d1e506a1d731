"""OpenAI's client searches the library as a vector store, over a real socket."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.vector_store_search_params import Filters

from service.schemas.openai.names import article_id_of
from tests.service.conftest import HARBOUR, salthaven
from tests.service.openai_client import openai_client

STORE = "vs_byline"
ODD_KEY = b'{"query": "x", "filters": {"type": "eq", "key": "\\ud800", "value": "x"}}'
ODD_IDS = ["a b%20c?#&=é🌊", "b64-YQ", "%2e%2e", "it's", "~._-"]


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        for number, article_id in enumerate(ODD_IDS):
            text = f"Lighthouse number {number} was painted."
            path = "".join(f"%{byte:02x}" for byte in article_id.encode())
            assert found.put(f"/v1/articles/{path}", json={"text": text}).status_code == 201
        yield found


@pytest.fixture(scope="module")
def client(http: httpx.Client) -> Iterator[OpenAI]:
    with openai_client(http) as found:
        yield found


def test_a_result_is_the_passage_with_its_place_and_article(http: httpx.Client, client: OpenAI) -> None:
    page = client.vector_stores.search(STORE, query="harbour cranes", max_num_results=1)
    (hit,) = list(page)
    assert page.object == "vector_store.search_results.page"
    assert page.model_extra == {"search_query": ["harbour cranes"], "has_more": False, "next_page": None}
    assert hit.file_id == "harbour"
    assert hit.filename == HARBOUR["title"]
    assert 0 <= hit.score <= 1
    attributes: Any = hit.attributes
    assert {name: attributes[name] for name in ("publisher", "published_at", "url", "title")} == {
        name: HARBOUR[name] for name in ("publisher", "published_at", "url", "title")
    }
    (part,) = hit.content
    (whole,) = client.vector_stores.files.content(hit.file_id, vector_store_id=STORE)
    assert whole.text is not None
    # the client reads every number as a float
    assert whole.text[int(attributes["start"]) : int(attributes["end"])] == part.text
    alone = http.get(f"/v1/passages/{int(attributes['passage_id'])}").json()
    assert (alone["text"], alone["revision"]) == (part.text, attributes["revision"])


def test_what_an_article_lacks_is_no_attribute_of_its_passages(client: OpenAI) -> None:
    (hit,) = client.vector_stores.search(STORE, query="ferry fares", max_num_results=1)
    assert set(hit.attributes or {}) == {
        "article_id", "revision", "passage_id", "start", "end", "title", "publisher", "published_at",
    }  # fmt: skip


def test_several_queries_give_the_best_of_all_once_each(client: OpenAI) -> None:
    queries = ["harbour cranes", "ferry fares", "harbour"]
    alone = [list(client.vector_stores.search(STORE, query=query, max_num_results=50)) for query in queries]
    best: dict[Any, float] = {}
    for hit in (hit for hits in alone for hit in hits):
        number = (hit.attributes or {})["passage_id"]
        best[number] = max(best.get(number, 0.0), hit.score)
    together = list(client.vector_stores.search(STORE, query=queries, max_num_results=50))
    assert {(hit.attributes or {})["passage_id"]: hit.score for hit in together} == best
    scores = [hit.score for hit in together]
    assert scores == sorted(scores, reverse=True)
    two = list(client.vector_stores.search(STORE, query=queries, max_num_results=2))
    assert {hit.file_id for hit in two} == {"harbour", "ferry"}


@pytest.mark.parametrize("ranker", ["auto", "none", "default-2024-11-15"])
def test_a_threshold_leaves_out_what_scores_less_and_nothing_else(
    client: OpenAI, ranker: Literal["auto", "none", "default-2024-11-15"]
) -> None:
    everything = list(client.vector_stores.search(STORE, query="harbour cranes", rewrite_query=True))
    assert len(everything) > 2
    for threshold in (0.0, everything[1].score, 1.0):
        page = client.vector_stores.search(
            STORE, query="harbour cranes", ranking_options={"ranker": ranker, "score_threshold": threshold}
        )
        assert list(page) == [hit for hit in everything if hit.score >= threshold]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"type": "eq", "key": "publisher", "value": "Coast & Country"}, {"ferry"}),
        ({"type": "ne", "key": "publisher", "value": "Coast & Country"}, {"harbour", *ODD_IDS}),
        ({"type": "gte", "key": "published_at", "value": "2024-01-16"}, {"harbour"}),
        ({"type": "gt", "key": "published_at", "value": "2024-01-16"}, set()),
        ({"type": "lt", "key": "published_at", "value": "2024-01-16"}, {"ferry"}),
        ({"type": "in", "key": "article_id", "value": ["ferry", "unknown", ODD_IDS[0]]}, {"ferry", ODD_IDS[0]}),
        ({"type": "nin", "key": "article_id", "value": ["ferry", *ODD_IDS]}, {"harbour"}),
        ({"type": "in", "key": "file_id", "value": ["b64-YjY0LVlR", "%2e"]}, {"b64-YQ"}),
        ({"type": "ne", "key": "file_id", "value": "no file"}, {"harbour", "ferry", *ODD_IDS}),
        ({"type": "eq", "key": "filename", "value": HARBOUR["title"]}, {"harbour"}),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "url", "value": HARBOUR["url"]},
                    {
                        "type": "and",
                        "filters": [
                            {"type": "lte", "key": "published_at", "value": "2023-12-31"},
                            {"type": "eq", "key": "start", "value": 0.0},
                        ],
                    },
                ],
            },
            {"harbour", "ferry"},
        ),
    ],
)
def test_filters_choose_before_the_best_are_cut(client: OpenAI, filters: Filters, expected: set[str]) -> None:
    for query in ("harbour cranes", "ferry fares", "lighthouse"):
        found = list(client.vector_stores.search(STORE, query=query, filters=filters, max_num_results=50))
        assert {(hit.attributes or {})["article_id"] for hit in found} == expected
        one = list(client.vector_stores.search(STORE, query=query, filters=filters, max_num_results=1))
        assert len(one) == min(1, len(expected))


def test_every_file_that_is_found_can_be_fetched_by_its_id_whatever_the_articles(
    http: httpx.Client, client: OpenAI
) -> None:
    found = list(client.vector_stores.search(STORE, query="lighthouse harbour ferry", max_num_results=50))
    assert {(hit.attributes or {})["article_id"] for hit in found} == {"harbour", "ferry", *ODD_IDS}
    for hit in found:
        file = client.vector_stores.files.retrieve(hit.file_id, vector_store_id=STORE)
        assert (file.id, file.status, file.vector_store_id) == (hit.file_id, "completed", STORE)
        assert (file.attributes or {})["article_id"] == (hit.attributes or {})["article_id"]
        (whole,) = client.vector_stores.files.content(hit.file_id, vector_store_id=STORE)
        assert whole.text is not None
        assert file.usage_bytes == len(whole.text.encode())
        # as a client writes it that does not encode what it puts into an address
        assert http.get(f"/v1/vector_stores/{STORE}/files/{hit.file_id}").json()["id"] == hit.file_id


def test_all_files_are_listed_page_by_page(client: OpenAI) -> None:
    everything = [file.id for file in client.vector_stores.files.list(STORE)]
    assert {article_id_of(file_id) for file_id in everything} >= {"harbour", "ferry", *ODD_IDS}
    for limit in (1, 3, 100):
        assert [file.id for file in client.vector_stores.files.list(STORE, limit=limit)] == everything
    assert client.vector_stores.files.list(STORE, limit=1).has_more is True
    assert list(client.vector_stores.files.list(STORE, filter="failed")) == []
    for wrong in ({"limit": 0}, {"order": "desc"}, {"after": "b64-!"}, {"before": "ferry"}):
        with pytest.raises(openai.BadRequestError) as caught:
            client.vector_stores.files.list(STORE, extra_query=wrong)
        assert caught.value.param == next(iter(wrong))


def test_a_former_revision_of_a_file_stays_readable(http: httpx.Client, client: OpenAI) -> None:
    former = http.put("/v1/articles/changed", json={"text": "Former words."}).json()["revision"]
    http.put("/v1/articles/changed", json={"text": "Present words."})
    (now,) = client.vector_stores.files.content("changed", vector_store_id=STORE)
    (then,) = client.vector_stores.files.content("changed", vector_store_id=STORE, extra_query={"revision": former})
    assert (now.text, then.text) == ("Present words.", "Former words.")
    http.delete("/v1/articles/changed")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.content("changed", vector_store_id=STORE)


def test_the_library_is_the_one_store(client: OpenAI) -> None:
    (listed,) = list(client.vector_stores.list())
    for name in (STORE, "byline"):
        store = client.vector_stores.retrieve(name)
        assert (store.id, store.status) == (STORE, "completed")
        assert store.file_counts.completed == store.file_counts.total == 2 + len(ODD_IDS)
        assert store.usage_bytes > 0
        assert store == listed
        assert list(client.vector_stores.search(name, query="harbour"))


@pytest.mark.parametrize(
    ("sent", "param", "message"),
    [
        ({"query": ""}, "query", "empty"),
        ({"query": []}, "query", "at least 1"),
        ({"query": ["harbour", " "]}, "query.1", "empty"),
        ({"query": ["harbour"] * 17}, "query", "at most 16"),
        ({"query": "x" * 2001}, "query", "2,001"),
        ({"query": 5}, "query", "list"),
        ({"query": "x", "max_num_results": 0}, "max_num_results", "greater than or equal to 1"),
        ({"query": "x", "max_num_results": 51}, "max_num_results", "less than or equal to 50"),
        ({"query": "x", "max_num_results": "5"}, "max_num_results", "integer"),
        ({"extra_body": {"max_results": 5}}, "max_results", "not permitted"),
        ({"query": "x", "ranking_options": {"score_threshold": 1.5}}, "ranking_options.score_threshold", "equal to 1"),
        ({"query": "x", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker", "'auto'"),
        ({"query": "x", "filters": []}, "filters", "dictionary"),
        ({"query": "x", "filters": {"type": "eq", "key": "colour", "value": "red"}}, "filters.key", "'colour'"),
        ({"query": "x", "filters": {"type": "eq", "key": "publisher", "value": 5}}, "filters.value", "text"),
        (
            {
                "query": "x",
                "filters": {"type": "and", "filters": [{"type": "gt", "key": "published_at", "value": "2018-13-01"}]},
            },
            "filters.filters.0.value",
            "2018-13-01",
        ),
    ],
)
def test_what_is_wrong_is_a_bad_request_that_names_the_field(
    client: OpenAI, sent: dict[str, Any], param: str, message: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.search(STORE, **{"query": "x", **sent})
    error = caught.value
    assert error.type == "invalid_request_error"
    assert error.code == "invalid_value"
    assert error.param == param or (error.param or "").startswith(f"{param}.")
    assert message in error.message


def test_what_is_not_there_is_not_found(client: OpenAI) -> None:
    wanted: list[Callable[[], object]] = [
        lambda: client.vector_stores.search("vs_other", query="x"),
        lambda: client.vector_stores.retrieve("vs_other"),
        lambda: client.vector_stores.files.retrieve("harbour", vector_store_id="vs_other"),
        lambda: client.vector_stores.files.retrieve("unknown", vector_store_id=STORE),
        lambda: client.vector_stores.files.retrieve("b64-aGFyYm91cg", vector_store_id=STORE),
        lambda: client.vector_stores.files.content("b64-!", vector_store_id=STORE),
    ]
    for call in wanted:
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert caught.value.code == "not_found"
        assert caught.value.type == "invalid_request_error"


def test_what_stands_in_front_of_the_routes_answers_in_openais_form_too(http: httpx.Client, client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.vector_stores.search(STORE, query=["x" * 2000] * 1000)
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")
    with pytest.raises(openai.APIStatusError) as refused:
        client.vector_stores.create(name="mine")
    assert (refused.value.status_code, refused.value.code) == (405, "method_not_allowed")
    path = f"/v1/vector_stores/{STORE}/search"
    elsewhere = http.post(path, json={"query": "x"}, headers={"host": "evil.example"})
    assert (elsewhere.status_code, list(elsewhere.json())) == (421, ["error"])
    for content in (b"{", b'"x"', b"[" * 100_000, b'{"query": "\xff"}', b'{"query": "\\ud800"}', b"", ODD_KEY):
        answer = http.post(path, content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), content[:20]
    nested = b'{"type": "or", "filters": [' * 900 + b"]}" * 900
    answer = http.post(
        path, content=b'{"query": "x", "filters": ' + nested + b"}", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert http.get("/v1/articles/unknown").headers["content-type"] == "application/problem+json"
