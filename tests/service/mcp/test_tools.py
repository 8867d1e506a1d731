"""Agents find the collection as tools and resources: the protocol's own client over the real server."""

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp_types.version import LATEST_MODERN_VERSION

from service.mcp.documents import article_uri, parse_uri
from service.mcp.resources import PAGE
from tests.service.conftest import FERRY, HARBOUR
from tests.service.mcp.client import called, refusal, talk

pytestmark = pytest.mark.server
ODD = "Ünï %2F?#&= “q” ☃"


def test_the_tools_say_what_they_take_and_give_and_that_they_change_nothing(shared: httpx.Client) -> None:
    tools = {tool.name: tool for tool in talk(shared, lambda client: client.list_tools()).tools}
    assert set(tools) == {"search", "fetch", "ask"}
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.open_world_hint is False
        assert tool.description
        assert tool.input_schema["type"] == "object"
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"
    assert tools["search"].input_schema["required"] == ["query"]
    assert tools["fetch"].input_schema["required"] == ["id"]
    assert tools["ask"].input_schema["required"] == ["question"]


def test_search_gives_id_title_and_address(shared: httpx.Client) -> None:
    found = called(shared, "search", query="Who checked the cranes?", k=1)["results"]
    assert [(one["title"], one["url"]) for one in found] == [(HARBOUR["title"], HARBOUR["url"])]


def test_an_article_without_an_address_has_the_one_of_its_resource(shared: httpx.Client) -> None:
    found = called(shared, "search", query="ferry fares", filters={"article_ids": ["ferry"]})["results"][0]
    contents = talk(shared, lambda client: client.read_resource(found["url"])).contents
    assert contents[0].text == FERRY["text"]  # type: ignore[union-attr]  # the other kind has no text, and fails


def test_fetch_gives_the_article_and_where_the_passage_stands(shared: httpx.Client) -> None:
    found = called(shared, "search", query="Who checked the cranes?", k=1)["results"][0]
    document = called(shared, "fetch", id=found["id"])
    assert document["id"] == found["id"]
    assert document["text"] == HARBOUR["text"]
    told = document["metadata"]
    assert document["text"][told["start"] : told["end"]] == found["text"]
    assert (told["article_id"], told["current"], told["published_at"]) == ("harbour", True, "2024-01-16")


def test_an_article_is_fetched_by_its_own_id(shared: httpx.Client) -> None:
    document = called(shared, "fetch", id="ferry")
    assert (document["title"], document["text"]) == (FERRY["title"], FERRY["text"])
    assert document["metadata"]["start"] is None


def test_ask_gives_exact_citations(shared: httpx.Client) -> None:
    reply = called(shared, "ask", question="Why did the council keep the harbour closed?", k=1)
    assert reply["abstention"] is None
    for cited in reply["answer"]["citations"]:
        document = called(shared, "fetch", id=cited["article_id"])
        assert document["metadata"]["revision"] == cited["revision"]
        assert document["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_ask_says_why_there_is_no_answer(shared: httpx.Client) -> None:
    reply = called(shared, "ask", question="Who?", filters={"published_from": "2030-01-01"})
    assert reply["answer"] is None
    assert reply["abstention"]["reason"] == "no article meets the filters"


def test_a_follow_up_is_understood_by_its_history(shared: httpx.Client) -> None:
    before = [{"role": "user", "content": "Who checked the cranes of Salthaven?"}]
    assert called(shared, "ask", question="How many were they?", history=before)["rewritten_question"].startswith("Who")


def test_an_id_holds_after_an_update_and_says_when_its_article_was_removed(client: httpx.Client) -> None:
    found = called(client, "search", query="cranes", k=1)["results"][0]
    client.put("/v1/articles/harbour", json={**HARBOUR, "text": "The harbour of Salthaven is closed for good."})
    document = called(client, "fetch", id=found["id"])
    assert document["text"] == HARBOUR["text"]
    assert document["metadata"]["current"] is False
    assert client.delete("/v1/articles/harbour").status_code == 204
    assert "'harbour', which was removed" in refusal(client, "fetch", {"id": found["id"]})
    assert "no document 'harbour'" in refusal(client, "fetch", {"id": "harbour"})


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=3), query=WORDS)
def test_every_id_that_a_search_returns_can_be_fetched(
    shared: httpx.Client, bodies: list[list[str]], query: str
) -> None:
    for number, lines in enumerate(bodies):
        body = {"text": "\n\n".join(lines), "title": lines[0].strip()}
        assert shared.put(f"/v1/articles/{quote(ODD, safe='')}{number}", json=body).status_code in {200, 201}

    async def found_and_fetched(client: Client) -> list[tuple[Any, Any]]:
        found = await client.call_tool("search", {"query": query, "k": 100})
        assert found.structured_content is not None
        results = found.structured_content["results"]
        return [(one, (await client.call_tool("fetch", {"id": one["id"]})).structured_content) for one in results]

    pairs = talk(shared, found_and_fetched)
    assert pairs
    for result, document in pairs:
        assert (document["id"], document["title"], document["url"]) == (result["id"], result["title"], result["url"])
        where = document["metadata"]
        assert document["text"][where["start"] : where["end"]] == result["text"]


@given(
    article_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    revision=st.none() | st.just("ab" * 32),
)
def test_an_address_leads_back_to_its_article(article_id: str, revision: str | None) -> None:
    assert parse_uri(article_uri(article_id, revision=revision)) == (article_id, revision)


def test_articles_are_listed_in_pages_and_read(client: httpx.Client) -> None:
    ids = [f"{number:03}" for number in range(PAGE)]
    for article_id in ids:
        assert client.put(f"/v1/articles/{article_id}", json={"text": f"Number {article_id}."}).status_code == 201

    async def pages(client: Client) -> list[list[str]]:
        first = await client.list_resources()
        second = await client.list_resources(cursor=first.next_cursor)
        assert second.next_cursor is None
        read = await client.read_resource(second.resources[-1].uri)
        assert read.contents[0].text == HARBOUR["text"]  # type: ignore[union-attr]  # as above
        return [[one.name for one in page.resources] for page in (first, second)]

    assert talk(client, pages) == [ids, ["ferry", "harbour"]]


def test_the_form_of_addresses_is_told(shared: httpx.Client) -> None:
    told = talk(shared, lambda client: client.list_resource_templates()).resource_templates
    assert [one.uri_template for one in told] == ["byline://articles/{id}{?revision}"]


def test_clients_of_the_protocol_with_a_handshake_are_told_the_same(shared: httpx.Client) -> None:
    async def said(client: Client) -> list[object]:
        found = await client.call_tool("search", {"query": "Who checked the cranes?"})
        assert found.structured_content is not None
        ids = [one["id"] for one in found.structured_content["results"]]
        read = [(await client.call_tool("fetch", {"id": one})).structured_content for one in ids]
        wrong = await client.call_tool("fetch", {"id": "nowhere"})
        listed = await client.list_resources()
        texts = [(await client.read_resource(one.uri)).contents[0] for one in listed.resources]
        tools = (await client.list_tools()).tools
        with pytest.raises(MCPError, match="uri: no article 'x'"):
            await client.read_resource("byline://articles/x")
        return [found.structured_content, read, wrong.is_error, wrong.content, listed.resources, texts, tools]

    async def connected(mode: str) -> list[object]:
        async with Client(f"{shared.base_url}/mcp", mode=mode) as client:
            return await said(client)

    assert asyncio.run(connected("legacy")) == asyncio.run(connected(LATEST_MODERN_VERSION))


def test_ask_explains_its_passages_where_that_is_asked_for(shared: httpx.Client) -> None:
    for explain in (False, True):
        passages = called(shared, "ask", question="Who checked the cranes?", explain=explain)["passages"]
        assert passages
        assert all(("evidence" in one) is explain for one in passages)
