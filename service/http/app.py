"""The FastAPI application, assembled from its routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from anyio import to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Route
from starlette.types import ASGIApp

from service.compose import Parts
from service.http import articles, dify, feedback, health, pages, problems, questions
from service.http.admission import Admission
from service.http.front import Front
from service.http.mcp import McpEndpoint
from service.http.observing import Observed, Untraced
from service.http.openai.routers import ROUTERS as OPENAI
from service.http.openapi import KeyedApp
from service.http.quick import QuickAnswers
from service.keys.rates import Rates
from service.mending import open_index
from service.settings import Settings

_THREADS_ALONE = 2
"""One thread's Python runs while the other's product is computed. With a process for each processor a second thread
has the two wait for each other; `python -m eval.cost.layout` shows what that comes to on a machine."""
_THREADS_THAT_WAIT = 16
"""Where a language model is asked, which takes seconds and none of this machine's time."""
_WRITES = 2
"""One is encoded while another is committed."""
_WAITING_WRITES = 16
"""Of which each may hold a large article in memory."""
_CHECKS = 4
_WAITING_CHECKS = 64
"""Of citations, which take a millisecond unless their article is very large."""

_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""The framework's own, which would send paths and messages of errors, and so words that were asked, wherever variables
of the environment say."""


def build_app(
    parts: Parts, *, host: str, processes: int = 1, rates: Rates | None = None, keyless: bool = False
) -> ASGIApp:
    """The application around these parts, to be served on `host` by so many processes; see Front for the rest.

    Everything it needs is opened here, so that a fault stops the start.

    Raises whatever opening the library, its index, the encoder or the keys raises, and SettingsError.
    """
    traces = parts.traces or Untraced()
    parts.ingester  # noqa: B018 - makes the library if there is none
    open_index(parts)
    parts.serving_engine  # noqa: B018 - opens the encoder, too
    front = Front(parts.settings, host=host, rates=rates, keyless=keyless)
    admission = Admission(
        threads=_engine_threads(parts.settings, processes),
        waiting=parts.settings.queue,
        seconds=parts.settings.queue_seconds,
        watch=parts.metrics,
    )
    writes = Admission(threads=_WRITES, waiting=_WAITING_WRITES, seconds=parts.settings.queue_seconds, what="writes")
    checks = Admission(threads=_CHECKS, waiting=_WAITING_CHECKS, seconds=parts.settings.queue_seconds, what="checks")
    mcp = McpEndpoint(parts.serving_engine, admission=admission, origins=parts.settings.cors_origins or ())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            # each is closed whatever becomes of the others: first what has work under way, then what that works with
            for part in (front, parts, checks, writes, admission):
                stack.callback(part.close)
            stack.push_async_callback(mcp.close)
            # the framework's threads come with a part that is loaded by the first request, when no file may be left
            await to_thread.run_sync(int)
            yield

    app = KeyedApp(
        title="Byline",
        summary="Answers questions from news articles and shows the exact words it relied on",
        version=version("byline"),
        lifespan=lifespan,
        # the interactive pages load their scripts from another host, and nothing here needs the network
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry=_NO_TELEMETRY,
    )
    app.state.parts = parts
    app.state.admission = admission
    app.state.writes = writes
    app.state.checks = checks
    problems.install(app)
    routers = (
        questions.router,
        articles.router,
        feedback.router,
        dify.router,
        health.router,
        *OPENAI,
        pages.router(),
    )
    for router in routers:
        app.include_router(router)
    # not of HTTP's description: the protocol describes itself
    app.router.routes.append(Route("/mcp", mcp))
    quick = QuickAnswers(app, questions.QUICK, core=parts.serving_engine, admission=admission)
    routes = [*app.routes, *(route for router in routers for route in router.routes)]
    paths = [path for route in routes if "{" not in (path := getattr(route, "path", "{"))]
    front_of_all = front.of(quick, questions=admission, writes=writes, checks=checks)
    return Observed(front_of_all, metrics=parts.metrics, traces=traces, paths=paths)


def _engine_threads(settings: Settings, processes: int) -> int:
    if settings.engine_threads is not None:
        return settings.engine_threads
    if settings.llm_url is not None:
        return _THREADS_THAT_WAIT
    return _THREADS_ALONE if processes == 1 else 1
