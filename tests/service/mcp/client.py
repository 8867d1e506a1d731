"""Conversations of an agent with a server, by the protocol's own client."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS

Found = TypeVar("Found")
Talk = Callable[[Client], Awaitable[Found]]


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


HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
"""Which the protocol asks of clients."""


def protocol_error(server: httpx.Client, said: Talk[object]) -> str:
    """What a client is told of an error that is no tool's."""

    async def failing(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await said(client)
        assert caught.value.code == INVALID_PARAMS
        return caught.value.message

    return talk(server, failing)
