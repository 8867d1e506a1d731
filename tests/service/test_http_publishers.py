"""The publishers over a real socket: each name as a filter takes it, a page at a time."""

import httpx
import pytest

from tests.service.conftest import HARBOUR


def test_publishers_are_listed_in_order_with_their_articles(client: httpx.Client) -> None:
    assert client.put("/v1/articles/second", json=HARBOUR).status_code == 201
    assert client.put("/v1/articles/unnamed", json={"text": "Nobody says who wrote this."}).status_code == 201
    assert client.get("/v1/publishers").json() == {
        "publishers": [{"name": "Coast & Country", "articles": 1}, {"name": "The Salthaven Courier", "articles": 2}],
        "next": None,
    }


def test_every_page_goes_on_where_the_last_one_ended_and_every_name_filters(client: httpx.Client) -> None:
    names, after = list[str](), ""
    while after is not None:
        page = client.get("/v1/publishers", params={"after": after, "limit": 1}).json()
        names += [one["name"] for one in page["publishers"]]
        after = page["next"]
    assert names == ["Coast & Country", "The Salthaven Courier"]
    for name in names:
        body = {"query": "harbour fares", "filters": {"publishers": [name]}}
        found = client.post("/v1/search", json=body).json()["passages"]
        assert {passage["publisher"] for passage in found} == {name}


def test_a_publisher_goes_with_the_last_of_its_articles(client: httpx.Client) -> None:
    assert client.delete("/v1/articles/ferry").status_code == 204
    assert client.put("/v1/articles/harbour", json=HARBOUR | {"publisher": "Another"}).status_code == 200
    assert client.get("/v1/publishers").json()["publishers"] == [{"name": "Another", "articles": 1}]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "page=2", "after=%ff", "after=%ed%a0%80"])
def test_a_page_that_cannot_be_is_refused_by_the_name_of_its_field(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/v1/publishers?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("query", ["after=%00", f"after={'x' * 5000}"])
def test_any_name_may_be_asked_for_as_the_last(client: httpx.Client, query: str) -> None:
    assert client.get(f"/v1/publishers?{query}").status_code == 200
