"""What an agent calls wrongly is told it by field, and nothing that it sends provokes a failure."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION

from indexing.encoders.protocol import Encoded
from service.keys.key import new_key
from tests.fakes import WordEncoder, fake_parts
from tests.service.mcp.client import HEADERS, protocol_error, refusal
from tests.service.serving import serving

pytestmark = pytest.mark.server


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


def test_an_unknown_tool_is_an_error_of_the_protocol(shared: httpx.Client) -> None:
    assert "no such tool" in protocol_error(shared, lambda client: client.call_tool("delete", {}))


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


@pytest.mark.parametrize(
    "uri", ["byline://articles/", "byline://articles/nowhere", "file:///etc/passwd", "byline://articles/ferry?x=1",
            "byline://articles/%ff", "byline://articles/ferry?revision=00", "byline://articles/ferry?revision", "["]
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_an_error(shared: httpx.Client, uri: str) -> None:
    assert protocol_error(shared, lambda client: client.read_resource(uri)).startswith("uri: ")


def test_an_address_that_is_not_utf_8_is_told_as_that(shared: httpx.Client) -> None:
    said = protocol_error(shared, lambda client: client.read_resource("byline://articles/%ff"))
    assert said == "uri: the id in it is not UTF-8"


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


def test_a_key_in_a_wrong_place_is_not_repeated(shared: httpx.Client) -> None:
    _, key = new_key()
    secret = key.rpartition("_")[2]
    for name, arguments in (("fetch", {"id": key}), ("search", {key: 1}), ("search", {"query": "x", "explain": True})):
        assert secret not in refusal(shared, name, arguments)
