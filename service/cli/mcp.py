"""`byline mcp`: the protocol over standard input and output, for agents that start their tools themselves."""

import asyncio
import signal

import typer

from service.cli.context import parts_of
from service.cli.streams import standard_input

_THREADS = 2


def mcp(context: typer.Context) -> None:
    """Serve an agent over standard input and output (MCP).

    `byline serve` has the same at /mcp.
    """
    standard_input()
    with parts_of(context) as parts:
        parts.ingester  # noqa: B018 - makes the library if there is none
        parts.serving_engine  # noqa: B018 - a fault stops the start
        # no other command needs these, and they take most of a second to import
        from mcp.server.stdio import stdio_server  # noqa: PLC0415

        from service.http.admission import Admission  # noqa: PLC0415
        from service.http.mcp import Waiting  # noqa: PLC0415
        from service.mcp.piped import Answering  # noqa: PLC0415
        from service.mcp.server import build_server  # noqa: PLC0415

        # a thread waits for input and nothing else would end it; nothing here is half done
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        admission = Admission(threads=_THREADS, waiting=parts.settings.queue, seconds=parts.settings.queue_seconds)
        server = build_server(parts.serving_engine, Waiting(admission))

        async def serve() -> None:
            async with stdio_server() as (received, sending):
                receiving = Answering(received, sending.send)
                await server.run(receiving, sending, server.create_initialization_options())

        try:
            asyncio.run(serve())
        except ExceptionGroup as failed:
            # of several tasks, each of which meets the same stream
            if (error := _first_of_system(failed)) is None:
                raise
            raise error from failed
        finally:
            admission.close()


def _first_of_system(failed: ExceptionGroup[Exception]) -> OSError | None:
    """The first OSError in the group or in those within it; None without any."""
    found: ExceptionGroup[OSError] | OSError | None = failed.subgroup(OSError)
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
