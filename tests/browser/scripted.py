"""A small server that gives the page scripted answers: hostile, astral, abstaining, failing and slow ones."""

import asyncio
import hashlib
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint

from service.page import CONTENT_SECURITY_POLICY, page_files

Json = dict[str, Any]

ANSWERED = "Why did the sea wall fail?"
HOSTILE = "What does markup in an article do?"
UNANSWERED = "Who won the cup?"
REFUSED = "A question that is too long"
UNAVAILABLE = "Is the index there?"
DIFFERING = "Does every quote stand where it says?"
SEVERAL = "What do several articles say?"
ALONE = "Is a citation whole without its passage?"
SLOW = "How long does a slow answer take?"
SLOW_SECONDS = 2.0
WHY = "Why does a passage rank where it does?"
FOLLOW_UP = "Who put it off?"
REWRITTEN = "Why did the sea wall fail? Who put it off?"
STREAMED = "What does a model write in parts?"
BROKEN_OFF = "Does a reply break off?"
FAILING = "Does a model fail on the way?"
EMPTY = "What does an empty library answer?"
WRONG_FILTERS = "Are there filters that the server refuses?"
WRITING_SECONDS = 1.0
"""Between the passages and the answer of a reply in parts."""
KEY = "byline_reader_0123456789"
"""What the server that wants a key takes."""

FILLER = "Crews worked through the night along the front, and the harbour road stayed shut to traffic until morning."
ATTACK = "document.documentElement.dataset.ran='yes'"


def article(article_id: str, title: str, text: str, **known: str | None) -> Json:
    revision = hashlib.sha256(text.encode()).hexdigest()
    unknown: Json = {"publisher": None, "published_at": None, "url": None, "skipped": []}
    return unknown | {"id": article_id, "revision": revision, "title": title, "text": text} | known


WALL = article(
    "sea wall #1 ? größe 🌊",
    "Sea wall gave way after footings were washed out, inspectors say",
    "\n\n".join(
        [
            "🌊🌊 SALTHAVEN — The sea wall at Salthaven failed in the small hours of Tuesday. 😮 "
            "Inspectors said the footings had been washed out over three winters. Nobody was hurt.",
            "Share this story on your favourite network",
            *[FILLER] * 14,
            "Asked why repairs had waited, an engineer 👷🏽 of the council pointed to the budget.\n\n"
            "“We had asked for the money twice,” she said.",
            *[FILLER] * 6,
        ]
    ),
    publisher="The Salthaven Courier",
    published_at="2024-01-16T23:40:00-05:00",
    url="https://courier.example/2024/sea-wall",
)
_LABEL = "Share this story on your favourite network"
_AT = WALL["text"].index(_LABEL)
WALL["skipped"] = [{"start": _AT, "end": _AT + len(_LABEL), "reason": "share_prompt"}]

BUDGET = article(
    "budget-2023",
    "Council put off harbour repairs for a second year",
    f"{FILLER} The council put off repairs to the wall in 2022 and again in 2023. {FILLER}",
    publisher="Coast & Country",
    published_at="2023-11-02",
    url="http://coast.example/budget",
)
TRAP = article(
    "<b>trap</b>",
    f'<img src=x onerror="{ATTACK}"> & <script>{ATTACK}</script>',
    f'Before. <img src=x onerror="{ATTACK}"><b>Bold</b> &amp; <script>{ATTACK}</script> after. {"endless" * 60}',
    publisher="<i>Markup Daily</i>",
    published_at="<svg onload=alert(1)>",
    url=f"javascript:{ATTACK}",
)
ARTICLES = {one["id"]: one for one in (WALL, BUDGET, TRAP)}


def place(of: Json, words: str) -> Json:
    """Where these words stand in an article, with what a citation and a passage both say about their source."""
    start = of["text"].index(words)
    source = {key: of[key] for key in ("revision", "title", "publisher", "published_at", "url")}
    return source | {"article_id": of["id"], "start": start, "end": start + len(words), "score": 0.5}


def passage(passage_id: int, of: Json, words: str) -> Json:
    return place(of, words) | {"passage_id": passage_id, "text": words, "also_in": []}


def copy(of: Json, words: str) -> Json:
    return {key: value for key, value in place(of, words).items() if key != "score"} | {"passage_id": 99}


def citation(marker: int, passage_id: int, of: Json, quote: str) -> Json:
    return place(of, quote) | {"marker": marker, "passage_id": passage_id, "quote": quote}


PASSAGES = [
    passage(12, BUDGET, BUDGET["text"]),
    passage(7, WALL, WALL["text"].split("\n\n")[0]),
    passage(31, WALL, FILLER),
]
EVIDENCE: Json = {
    "vector": {"rank": 2, "score": 0.7123},
    "words": {"rank": 1, "score": 12.3456},
    "fused": 0.9812,
    "likeness": 0.6644,
    "matched": ["sea", "wall", "fail"],
}
FOUND_BY_WORDS: Json = {
    "vector": None,
    "words": {"rank": 9, "score": 1.5},
    "fused": 0.2,
    "likeness": None,
    "matched": [f"<img src=x onerror={ATTACK}>"],
}
EXPLAINED = [PASSAGES[0] | {"evidence": FOUND_BY_WORDS}, PASSAGES[1] | {"evidence": EVIDENCE}, PASSAGES[2]]
CAUSE = "Inspectors said the footings had been washed out over three winters."
DELAY = "The council put off repairs to the wall in 2022 and again in 2023."
CITED = [citation(1, 7, WALL, CAUSE), citation(2, 12, BUDGET, DELAY)]
ACROSS = place(WALL, "pointed to the budget.\n\n“We had asked for the money twice,”")
TRAPPED = [
    citation(1, 1, TRAP, f'<img src=x onerror="{ATTACK}"><b>Bold</b> &amp;'),
    citation(2, 1, TRAP, f"<script>{ATTACK}</script> after."),
]


def result(
    question: str,
    *,
    text: str = "",
    citations: list[Json],
    passages: list[Json],
    reason: str = "",
    differ: bool = False,
    generation: Json | None = None,
    rewritten: str | None = None,
) -> Json:
    return {
        "question": question,
        "rewritten_question": rewritten,
        "answer": {"text": text, "citations": citations, "differ": differ} if citations else None,
        "abstention": None if citations else {"reason": reason},
        "answerable": 0.87 if citations else 0.12,
        "generation": generation,
        "passages": passages,
        "timings_ms": {"total": 14.2},
    }


RESULTS = {
    ANSWERED: result(ANSWERED, text=f"{CAUSE} [1] {DELAY} [2]", citations=CITED, passages=PASSAGES),
    SLOW: result(SLOW, text="Too late. [1]", citations=CITED[:1], passages=PASSAGES),
    DIFFERING: result(
        DIFFERING, text="One off. [1]", citations=[CITED[0] | {"start": CITED[0]["start"] + 1}], passages=PASSAGES
    ),
    ALONE: result(ALONE, text=f"{CAUSE} [1]", citations=CITED[:1], passages=[]),
    HOSTILE: result(
        HOSTILE,
        text=f'<img src=x onerror="{ATTACK}"> [1] [9]',
        citations=TRAPPED,
        passages=[passage(1, TRAP, TRAP["text"]) | {"also_in": [copy(TRAP, "after.")]}],
        generation={"model": f"<img src=x onerror={ATTACK}>", "used": True, "reason": None, "dropped": []},
    ),
    SEVERAL: result(
        SEVERAL,
        text=f"{CAUSE} [1] {DELAY} [2]",
        citations=CITED,
        passages=[PASSAGES[1] | {"also_in": [copy(BUDGET, FILLER), copy(TRAP, "after.")]}, PASSAGES[0]],
        differ=True,
        generation={"model": "small-model", "used": False, "reason": "it cannot be reached", "dropped": []},
    ),
    WHY: result(WHY, text=f"{CAUSE} [1] {DELAY} [2]", citations=CITED, passages=EXPLAINED),
    FOLLOW_UP: result(
        FOLLOW_UP, text=f"{DELAY} [1]", citations=[CITED[1] | {"marker": 1}], passages=PASSAGES, rewritten=REWRITTEN
    ),
    STREAMED: result(STREAMED, text=f"{CAUSE} [1] {DELAY} [2]", citations=CITED, passages=EXPLAINED),
    BROKEN_OFF: result(BROKEN_OFF, text=f"{CAUSE} [1]", citations=CITED[:1], passages=PASSAGES),
    FAILING: result(FAILING, text=f"{CAUSE} [1]", citations=CITED[:1], passages=PASSAGES),
    EMPTY: result(EMPTY, citations=[], passages=[], reason="there are no articles yet"),
    UNANSWERED: result(
        UNANSWERED, citations=[], passages=PASSAGES, reason="No passage says enough to answer the question."
    ),
}
PROBLEMS = {
    REFUSED: (422, "The question was not accepted", [{"field": "question", "message": "at most 2000 characters"}]),
    UNAVAILABLE: (503, "The index is not ready", []),
    WRONG_FILTERS: (
        422,
        "The filters were not accepted",
        [{"field": "filters.published_from", "message": "'soon' is not a date"}],
    ),
}
TOO_EARLY = "This comment finds the server busy."
TOO_ODD = "This comment is refused."
COMMENTS = {
    TOO_EARLY: (503, "The feedback cannot be kept now", []),
    TOO_ODD: (422, "The feedback was not accepted", [{"field": "comment", "message": "it is <b>odd</b>"}]),
}
PUBLISHERS = [
    {"name": "Coast & Country", "articles": 1},
    {"name": "<i>Markup Daily</i>", "articles": 2},
    {"name": "The Salthaven Courier", "articles": 12},
]


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
