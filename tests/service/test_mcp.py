"""Agents find the collection as tools and resources: the protocol's own client over the real server."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp_types import CLIENT_CAPABILITIES_META_KEY, INVALID_PARAMS, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION

from indexing.encoders.protocol import Encoded
from service.core.cancellation import Cancellation
from service.http.admission import Admission
from service.http.mcp import Waiting
from service.keys.key import new_key
from service.mcp.documents import article_uri, parse_uri
from service.mcp.resources import PAGE
from tests.fakes import WordEncoder, fake_parts
from tests.service.conftest import FERRY, HARBOUR, salthaven
from tests.service.serving import serving
from tests.service.test_admission import held_service, until
from tests.service.test_streaming import written

pytestmark = pytest.mark.server
Found = TypeVar("Found")
Talk = Callable[[Client], Awaitable[Found]]
ODD = "Ünï %2F?#&= “q” ☃"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that the tests of this module change nothing of but what they add."""
    with salthaven(tmp_path_factory.mktemp("mcp")) as found:
        yield found


def talk(server: httpx.Client, said: Talk[Found]) -> Found:
    """What comes of one conversation over HTTP."""

    async def connected() -> Found:
        async with Client(f"{server.base_url}/mcp") as client:
            return await said(client)

    return asyncio.run(connected())


def called(server: httpx.Client, name: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
    """A tool's outcome; that it is the same twice is checked each time."""

    async def one(client: Client) -> Any:  # noqa: ANN401 - JSON
        return await client.call_tool(name, arguments)

    result = talk(server, one)
    assert not result.is_error, result.content
    assert [item.type for item in result.content] == ["text"]
    assert json.loads(result.content[0].text) == result.structured_content
    return result.structured_content


def refusal(server: httpx.Client, name: str, arguments: dict[str, Any]) -> str:
    """What an agent is told of an error."""

    async def one(client: Client) -> Any:  # noqa: ANN401 - a union of the SDK's
        return await client.call_tool(name, arguments)

    result = talk(server, one)
    assert result.is_error
    assert result.structured_content is None
    said = str(result.content[0].text)
    assert "Traceback" not in said
    return said


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


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {}, "query: Field required"),
        ("search", {"query": "  "}, "query: it is empty"),
        ("search", {"query": "x" * 2001}, "query: it has 2,001 characters"),
        ("search", {"query": ["a"]}, "query: "),
        ("search", {"query": "a", "k": 0}, "k: "),
        ("search", {"query": "a", "k": "5"}, "k: "),
        ("search", {"query": "a", "k": 101}, "k: "),
        ("search", {"query": "a", "filter": {}}, "filter: "),
        ("search", {"query": "a", "filters": {"published_from": 20240101}}, "filters.published_from: it must be text"),
        ("search", {"query": "a", "filters": {"publishers": []}}, "filters.publishers: "),
        ("ask", {"question": "a", "history": [{"role": "system", "content": "b"}]}, "history.0.role: "),
        ("fetch", {"id": "nowhere"}, "id: there is no document 'nowhere'"),
        ("fetch", {"id": "passage/"}, "id: there is no document"),
        ("fetch", {"id": "passage/0"}, "id: there is no document"),
        ("fetch", {"id": "passage/-1"}, "id: there is no document"),
        ("fetch", {"id": "passage/²"}, "id: there is no document"),
        ("fetch", {"id": "passage/" + "9" * 40}, "id: there is no document"),
        ("fetch", {"id": "a\x00"}, "id: "),
        ("fetch", {"id": ""}, "id: "),
        ("fetch", {"id": None}, "id: "),
    ],
)
def test_a_wrong_call_is_an_error_of_the_tool_that_names_the_field(
    shared: httpx.Client, name: str, arguments: dict[str, Any], said: str
) -> None:
    assert refusal(shared, name, arguments).startswith(said)


@pytest.mark.parametrize("version", [None, LATEST_MODERN_VERSION])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "search", "arguments": {"query": "\ud800"}}),
        ("tools/call", {"name": "search", "arguments": {"query": "a", "\ud800": 1}}),
        ("tools/call", {"name": "search", "arguments": {"query": "a", "filters": {"article_ids": ["\ud800"]}}}),
        ("tools/call", {"name": "fetch", "arguments": {"id": "\ud800"}}),
        ("tools/call", {"name": "fetch", "arguments": {"id": "passage/\ud800"}}),
        ("tools/call", {"name": "\ud800", "arguments": {}}),
        ("resources/list", {"cursor": "\ud800"}),
        ("resources/read", {"uri": "byline://articles/\ud800"}),
        ("resources/read", {"uri": "byline://articles/a?revision=\ud800"}),
        ("\ud800", {}),
    ],
)
def test_half_a_character_is_refused_wherever_it_stands(
    shared: httpx.Client, method: str, params: dict[str, Any], version: str | None
) -> None:
    headers, meta = dict(HEADERS), {}
    if version is not None:
        # by hand, as the SDK's client sends no half characters
        name = str(params.get("name") or params.get("uri") or "").replace("\ud800", "=?base64?7aCA?=")
        headers |= {"mcp-protocol-version": version, "mcp-method": method.replace("\ud800", "x"), "mcp-name": name}
        meta = {"_meta": {PROTOCOL_VERSION_META_KEY: version, CLIENT_CAPABILITIES_META_KEY: {}}}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, **meta}}
    answer = shared.post("/mcp", content=json.dumps(body), headers=headers)
    assert answer.status_code < 500, answer.text
    told = answer.json()
    assert "error" in told or told["result"]["isError"] is True
    assert "error of the service" not in answer.text


HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
"""Which the protocol asks of clients."""


def test_an_unknown_tool_is_an_error_of_the_protocol(shared: httpx.Client) -> None:
    assert "no such tool" in protocol_error(shared, lambda client: client.call_tool("delete", {}))


def protocol_error(server: httpx.Client, said: Talk[object]) -> str:
    """What a client is told of an error that is no tool's."""

    async def failing(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await said(client)
        assert caught.value.code == INVALID_PARAMS
        return caught.value.message

    return talk(server, failing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.fixed_dictionaries(
    {
        "jsonrpc": st.just("2.0") | JSON,
        "id": st.integers() | JSON,
        "method": st.sampled_from(
            ["tools/call", "tools/list", "resources/list", "resources/read", "initialize", "ping", "server/discover"]
        )
        | st.text(max_size=10),
        "params": JSON
        | st.fixed_dictionaries(
            {"name": st.sampled_from(["search", "fetch", "ask"]), "arguments": JSON, "uri": JSON, "cursor": JSON}
        ),
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=MESSAGES.map(json.dumps) | JSON.map(json.dumps) | st.binary(max_size=40),
    version=st.sampled_from([None, "2025-06-18", "2025-11-25", "2026-07-28", "x"]),
)
def test_no_message_provokes_a_failure(shared: httpx.Client, body: str | bytes, version: str | None) -> None:
    headers = HEADERS if version is None else {**HEADERS, "mcp-protocol-version": version}
    answer = shared.post("/mcp", content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text


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


@pytest.mark.parametrize(
    "uri", ["byline://articles/", "byline://articles/nowhere", "file:///etc/passwd", "byline://articles/ferry?x=1",
            "byline://articles/%ff", "byline://articles/ferry?revision=00", "byline://articles/ferry?revision", "["]
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_an_error(shared: httpx.Client, uri: str) -> None:
    assert protocol_error(shared, lambda client: client.read_resource(uri)).startswith("uri: ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "rebound.example"}, 421),
        ({"origin": "https://rebound.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[half"}, 403),
        ({"origin": "http://localhost:6274"}, 200),
    ],
)
def test_another_host_or_origin_is_refused(shared: httpx.Client, headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert shared.post("/mcp", json=body, headers={**HEADERS, **headers}).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_there_is_no_session_to_listen_to_or_to_end(shared: httpx.Client, method: str) -> None:
    answer = shared.request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_body_without_end_is_refused(shared: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"a": "x" * 2**20}},
    }
    answer = shared.post("/mcp", json=body, headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_who_hangs_up_in_the_middle_of_a_body_is_no_error(
    shared: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = shared.base_url.host, shared.base_url.port
    head = "".join(f"{name}: {value}\r\n" for name, value in {**HEADERS, "host": host, "content-length": "99"}.items())
    caplog.set_level("INFO", logger="byline.access")
    with socket.create_connection((host, port)) as line:
        line.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n{{".encode())
    deadline = time.monotonic() + 10
    while not [one for one in caplog.records if one.getMessage().startswith("POST /mcp 499")]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_question_too_many_is_told_to_the_agent_while_articles_can_be_read(tmp_path: Path) -> None:
    with held_service(tmp_path, queue=0) as (server, encoder), ThreadPoolExecutor(1) as pool:
        first = pool.submit(called, server, "search", query="ferry")
        until(lambda: encoder.begun)
        assert refusal(server, "ask", {"question": "Who?"}) == "0 questions are waiting already; ask again later"
        assert called(server, "fetch", id="a")["text"] == "The ferry sank."
        encoder.may.set()
        assert len(first.result(20)["results"]) == 1


@pytest.mark.parametrize("version", ["2025-11-25", LATEST_MODERN_VERSION])
def test_an_agent_that_hangs_up_before_its_turn_frees_its_place(tmp_path: Path, version: str) -> None:
    body, headers = tool_call("search", {"query": "abandoned"}, version=version)
    with held_service(tmp_path, queue=1) as (server, encoder), ThreadPoolExecutor(2) as pool:
        first = pool.submit(called, server, "search", query="first")
        until(lambda: encoder.begun)
        with pytest.raises(httpx.ReadTimeout):
            server.post("/mcp", json=body, headers=headers, timeout=0.5)
        patient = []

        def one_waits() -> bool:
            patient.append(pool.submit(server.post, "/v1/search", json={"query": "patient"}))
            time.sleep(0.2)
            return not patient[-1].done()

        until(one_waits)
        encoder.may.set()
        first.result(20)
        assert patient[-1].result(20).status_code == 200
        assert "abandoned" not in encoder.begun


def tool_call(name: str, arguments: dict[str, Any], *, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Body and headers of a call, for a test that hangs up on its own."""
    params: dict[str, Any] = {"name": name, "arguments": arguments}
    params["_meta"] = {PROTOCOL_VERSION_META_KEY: version, CLIENT_CAPABILITIES_META_KEY: {}}
    headers = {**HEADERS, "mcp-protocol-version": version, "mcp-method": "tools/call", "mcp-name": name}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers


@pytest.mark.parametrize("version", ["2025-11-25", LATEST_MODERN_VERSION])
def test_when_an_agent_hangs_up_the_language_model_is_hung_up_on_and_the_thread_is_free(
    tmp_path: Path, version: str
) -> None:
    body, headers = tool_call("ask", {"question": "Why was the harbour kept closed?"}, version=version)
    with written(tmp_path) as (server, _, model):
        call = server.build_request("POST", "/mcp", json=body, headers=headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items())
        with socket.create_connection((server.base_url.host, server.base_url.port or 0)) as leaving:
            leaving.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + call.content)
            until(lambda: model.requests)
        # the only thread answers this, which needs no model, while the model has not written to the other question
        assert server.post("/v1/search", json={"query": "ferry"}, timeout=10).status_code == 200


def test_a_call_that_is_taken_back_ends_its_work_where_no_connection_ends() -> None:
    ended = threading.Event()

    def work(begun: asyncio.Event, loop: asyncio.AbstractEventLoop, cancellation: Cancellation) -> None:
        with cancellation.waking(ended.set):
            loop.call_soon_threadsafe(begun.set)
            assert ended.wait(20)

    async def taken_back() -> None:
        admission, begun, cancellation = Admission(threads=1, waiting=0, seconds=20), asyncio.Event(), Cancellation()
        begin = partial(work, begun, asyncio.get_running_loop(), cancellation)
        call = asyncio.create_task(Waiting(admission).run(begin, None, cancellation=cancellation))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert ended.is_set()
        admission.close()

    asyncio.run(taken_back())


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


class FailingEncoder(WordEncoder):
    """Fails at every question as nobody foresaw."""

    def encode_question_with_pieces(self, text: str) -> Encoded:
        raise RuntimeError(f"inside: {text}")


@pytest.mark.parametrize("mode", ["legacy", LATEST_MODERN_VERSION])
def test_an_unforeseen_error_is_told_without_its_inside(
    tmp_path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(fake_parts(tmp_path, encoder=FailingEncoder())) as server:
        server.put("/v1/articles/a", json={"text": "The ferry sank."})

        async def connected() -> Any:  # noqa: ANN401 - a union of the SDK's
            async with Client(f"{server.base_url}/mcp", mode=mode) as client:
                return await client.call_tool("ask", {"question": "Who?"})

        result = asyncio.run(connected())
    assert result.is_error
    assert result.content[0].text == "an error of the service, not of the call; its log has the details"
    assert "RuntimeError: inside" in caplog.text


def test_a_service_that_nobody_asks_over_the_protocol_does_not_import_it() -> None:
    code = "import sys, service.http.app; sys.exit('mcp' in sys.modules or 'mcp_types' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ask_explains_its_passages_where_that_is_asked_for(shared: httpx.Client) -> None:
    for explain in (False, True):
        passages = called(shared, "ask", question="Who checked the cranes?", explain=explain)["passages"]
        assert passages
        assert all(("evidence" in one) is explain for one in passages)


def test_a_key_in_a_wrong_place_is_not_repeated(shared: httpx.Client) -> None:
    _, key = new_key()
    secret = key.rpartition("_")[2]
    for name, arguments in (("fetch", {"id": key}), ("search", {key: 1}), ("search", {"query": "x", "explain": True})):
        assert secret not in refusal(shared, name, arguments)
