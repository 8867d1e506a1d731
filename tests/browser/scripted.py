"""A small server that gives the page scripted answers."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint

from service.page import CONTENT_SECURITY_POLICY, page_files
from tests.browser.replies import (
    ARTICLES,
    BROKEN_OFF,
    COMMENTS,
    FAILING,
    PROBLEMS,
    PUBLISHERS,
    RESULTS,
    SLOW,
    SLOW_SECONDS,
    STREAMED,
    WRITING_SECONDS,
    Json,
)


def problem(status: int, title: str, errors: list[dict[str, str]]) -> JSONResponse:
    detail = f"<b>{title}</b>: {len(errors)} fields to correct."
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": errors}
    headers = {"Retry-After": "2"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


def event(name: str, content: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"


async def in_parts(whole: Json) -> AsyncIterator[bytes]:
    """A reply as server-sent events, cut at places that no parser may count on."""
    yield event("passages", {key: whole[key] for key in ("question", "rewritten_question", "passages")}).encode()
    yield b": heartbeat\n\n"
    await asyncio.sleep(WRITING_SECONDS)
    if whole["question"] == BROKEN_OFF:
        return
    if whole["question"] == FAILING:
        yield event(
            "error", {"title": "The model failed", "status": 503, "detail": "It hung up.", "errors": []}
        ).encode()
        return
    answer = {key: whole[key] for key in ("abstention", "answerable", "generation")}
    words = {key: whole["answer"][key] for key in ("text", "differ")}
    rest = event("answer", answer | {"answer": words})
    rest += event("citations", {"citations": whole["answer"]["citations"]})
    rest += event("end", {"timings_ms": whole["timings_ms"]})
    data = rest.replace("\n", "\r\n").encode()
    for at in range(0, len(data), 7):
        yield data[at : at + 7]


def scripted_app(*, articles: bool = True, key: str | None = None) -> FastAPI:
    """The server; one without articles, or one that wants a key, where that is asked for."""
    app = FastAPI(openapi_url=None)

    @app.middleware("http")
    async def keyed(request: Request, call_next: RequestResponseEndpoint) -> Response:
        wanted = key is not None and request.url.path.startswith("/v1/")
        if wanted and request.headers.get("authorization") != f"Bearer {key}":
            return problem(401, "A key is needed", [])
        return await call_next(request)

    @app.post("/v1/ask")
    async def ask(request: Request) -> Response:
        asked = await request.json()
        question = asked["question"]
        if question in PROBLEMS:
            return problem(*PROBLEMS[question])
        if question in {STREAMED, BROKEN_OFF, FAILING}:
            assert "text/event-stream" in request.headers["accept"]
            return StreamingResponse(in_parts(RESULTS[question]), media_type="text/event-stream")
        if question == SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        return JSONResponse(RESULTS[question])

    @app.post("/v1/feedback", status_code=HTTPStatus.CREATED)
    async def feedback(request: Request) -> Response:
        said = await request.json()
        if said.get("comment") in COMMENTS:
            return problem(*COMMENTS[said["comment"]])
        return JSONResponse({"id": "feedback-1"}, HTTPStatus.CREATED)

    @app.get("/v1/articles")
    async def listing() -> Json:
        return {"articles": list(ARTICLES.values())[:1] if articles else [], "next": None}

    @app.get("/v1/publishers")
    async def publishers(after: str = "") -> Json:
        """Two pages, whatever their length should be."""
        if not articles:
            return {"publishers": [], "next": None}
        first, last = PUBLISHERS[:2], PUBLISHERS[2:]
        return {"publishers": last, "next": None} if after else {"publishers": first, "next": first[-1]["name"]}

    @app.get("/v1/articles/{article_id:path}")
    async def read(article_id: str, revision: str | None = None) -> JSONResponse:
        found = ARTICLES.get(article_id)
        if found is None or revision not in {None, found["revision"]}:
            return problem(404, "There is no such article", [])
        return JSONResponse(found)

    for route, (content_type, file) in page_files().items():
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff"}
        response = Response(file.read_bytes(), media_type=content_type, headers=headers)
        app.add_api_route(route, lambda response=response: response, response_model=None)
    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of this machine for as long as the block runs; gives the base URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, ws="none", lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the scripted server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
