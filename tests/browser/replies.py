"""What the page is given: articles, and replies that are hostile, astral, abstaining, failing or slow."""

import hashlib
from typing import Any

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
