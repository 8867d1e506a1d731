"""The protocol's server: each request of an agent, answered by the tools and resources."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import TypeVar

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from service.core.cancellation import NEVER
from service.core.engine import Engine
from service.mcp import resources, tools
from service.mcp.errors import told
from service.mcp.queue import Queue

Found = TypeVar("Found")

_INSTRUCTIONS = (
    "Byline answers from a collection of news articles and shows the exact words it relied on. Use `ask` for a question"
    " and pass its citations on; where it abstains, the articles do not answer. Use `search` and `fetch` to read for"
    " yourself."
)
_WAITING = frozenset({"search", "ask"})
"""Tools that wait in the queue; the others read a few rows."""


def build_server(core: Engine, queue: Queue) -> Server[dict[str, object]]:
    """The server around this core, for any transport. It keeps nothing between requests."""

    async def list_tools(_: ServerRequestContext, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=listed)

    async def call_tool(context: ServerRequestContext, params: CallToolRequestParams) -> CallToolResult:
        tool = tools.TOOLS.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"name: there is no such tool; there are {', '.join(tools.TOOLS)}")
        cancellation = core.cancellation()
        work = partial(tools.call, core, tool, params.arguments or {}, cancellation=cancellation or NEVER)
        try:
            if params.name in _WAITING:
                return await queue.run(work, context.request, cancellation=cancellation)
            return await anyio.to_thread.run_sync(work)
        except Exception as error:  # noqa: BLE001 - the agent is told of each, what is unknown goes to the log
            return tools.refused(told(error))

    async def list_resources(_: ServerRequestContext, params: PaginatedRequestParams | None) -> ListResourcesResult:
        cursor = None if params is None else params.cursor
        return await _read(partial(resources.listing, core, cursor))

    async def list_templates(_: ServerRequestContext, __: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return resources.templates()

    async def read_resource(_: ServerRequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
        return await _read(partial(resources.read, core, params.uri))

    listed = tools.listing()
    return Server(
        "byline",
        title="Byline",
        version=version("byline"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


async def _read(work: Callable[[], Found]) -> Found:
    try:
        return await anyio.to_thread.run_sync(work)
    except MCPError:
        raise
    except Exception as error:
        raise MCPError(INTERNAL_ERROR, told(error)) from error
