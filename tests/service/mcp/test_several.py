"""Agents and `byline serve --workers 2`: whichever process a request reaches, it is answered."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from tests.service.mcp.client import HEADERS
from tests.service.test_served_by_several import connections, served

pytestmark = [pytest.mark.model, pytest.mark.server]


def test_a_conversation_goes_on_in_another_process(tmp_path: Path) -> None:
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    with served(tmp_path) as (address, _):
        clients = connections(address, 16)
        stored = clients[0].put("/v1/articles/comet", json={"text": "The comet was seen in March."})
        assert stored.status_code == 201
        begun = _said(clients[0], "initialize", hello)
        assert begun["serverInfo"]["name"] == "byline"
        for client in clients:
            found = _said(client, "tools/call", {"name": "search", "arguments": {"query": "comet"}})
            (result,) = found["structuredContent"]["results"]
            read = _said(clients[-1], "tools/call", {"name": "fetch", "arguments": {"id": result["id"]}})
            assert read["structuredContent"]["text"] == "The comet was seen in March."
        for client in clients:
            client.close()
        asyncio.run(_conversations(f"{address}/mcp"))


def _said(client: httpx.Client, method: str, params: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert "mcp-session-id" not in answer.headers
    result: dict[str, Any] = answer.json()["result"]
    return result


async def _conversations(url: str) -> None:
    async def one() -> None:
        async with Client(url) as client:
            for _ in range(5):
                reply = await client.call_tool("ask", {"question": "When was the comet seen?"})
                assert not reply.is_error

    await asyncio.gather(*(one() for _ in range(4)))
