"""The FastAPI application, assembled from its routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.types import ASGIApp

from service.compose import Parts
from service.http import articles, health, pages, problems, questions
from service.http.access import AccessCheck
from service.http.admission import Admission
from service.http.document import KeyedApp
from service.http.hosts import LocalHostOnly, is_loopback
from service.http.limits import BodyLimit
from service.http.quick import QuickAnswers
from service.keys.limit import Limit
from service.keys.rates import Rates
from service.keys.ring import KeyRing
from service.settings import Settings

_THREADS_ALONE = 2
"""One thread's Python runs while the other's product is computed. With a process for each processor a second thread
has the two wait for each other; `python -m eval.layout` shows what that comes to on a machine."""
_THREADS_THAT_WAIT = 16
"""Where a language model is asked, which takes seconds and none of this machine's time."""


def build_app(
    parts: Parts, *, host: str, processes: int = 1, rates: Rates | None = None, keyless: bool = False
) -> ASGIApp:
    """The application around these parts, to be served on `host` by so many processes, which share `rates`.

    Everything it needs is opened here, so that a fault stops the start. Off the loopback address every request needs a
    key, unless `keyless` or BYLINE_OPEN lets all in until the first key is made.

    Raises whatever opening the library, its index, the encoder or the keys raises.
    """
    settings = parts.settings
    parts.ingester  # noqa: B018 - makes the library if there is none
    parts.serving_engine  # noqa: B018 - opens the index and the encoder
    ring, used = KeyRing(settings.home), Rates() if rates is None else rates
    ring.locked  # noqa: B018 - a damaged file of keys stops the start
    admission = Admission(threads=_engine_threads(settings, processes), waiting=settings.queue)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        admission.close()
        parts.close()
        ring.close()
        used.close()

    app = KeyedApp(
        title="Byline",
        summary="Answers questions from news articles and shows the exact words it relied on",
        version=version("byline"),
        lifespan=lifespan,
        # the interactive pages load their scripts from another host, and nothing here needs the network
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.parts = parts
    app.state.admission = admission
    problems.install(app)
    for router in (questions.router, articles.router, health.router, pages.router()):
        app.include_router(router)
    quick = QuickAnswers(app, questions.QUICK, core=parts.serving_engine, admission=admission)
    checked = AccessCheck(
        BodyLimit(quick),
        ring=ring,
        rates=used,
        default=Limit.of_rate(settings.key_rate),
        keyless=keyless or settings.open or is_loopback(host),
    )
    return _for_other_origins(LocalHostOnly(checked) if is_loopback(host) else checked, settings.cors_origins)


def _for_other_origins(app: ASGIApp, origins: tuple[str, ...] | None) -> ASGIApp:
    """Outermost, so that a page can read refusals too, and needs no key to ask whether it may call."""
    if origins is None:
        return app
    # most services do without
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415

    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        # keys are sent by the page's own code, never by the browser of itself, so no header is a danger
        allow_headers=("*",),
        expose_headers=("Retry-After", "WWW-Authenticate", "Mcp-Session-Id"),
    )


def _engine_threads(settings: Settings, processes: int) -> int:
    if settings.engine_threads is not None:
        return settings.engine_threads
    if settings.llm_url is not None:
        return _THREADS_THAT_WAIT
    return _THREADS_ALONE if processes == 1 else 1
