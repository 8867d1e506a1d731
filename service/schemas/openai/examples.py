"""One answer as the documents of several routes show it."""

from pydantic import JsonValue

QUOTE_EXAMPLE = "He feared that he would be executed."
CONTENT_EXAMPLE = f"{QUOTE_EXAMPLE} [1]"
_REVISION = "0" * 64
_ARTICLE: dict[str, JsonValue] = {
    "article_id": "dmz-defection-december-2018",
    "revision": _REVISION,
    "title": "North Korean soldier defects across the DMZ",
    "publisher": "BBC News",
    "published_at": "2018-12-01",
    "url": None,
}
PLACE_EXAMPLE: dict[str, JsonValue] = {
    "start_index": 0,
    "end_index": len(QUOTE_EXAMPLE),
    "title": _ARTICLE["title"],
    "url": f"http://127.0.0.1:8000/v1/articles/dmz-defection-december-2018?revision={_REVISION}",
}
CITATION_EXAMPLE: dict[str, JsonValue] = {
    **_ARTICLE,
    "marker": 1,
    "passage_id": 12,
    "start": 1804,
    "end": 1804 + len(QUOTE_EXAMPLE),
    "quote": QUOTE_EXAMPLE,
    "score": 0.83,
}
BYLINE_EXAMPLE: dict[str, JsonValue] = {
    "abstained": False,
    "reason": None,
    "answerable": 0.91,
    "rewritten_question": None,
    "differ": False,
    "generation": None,
    "passages": [],
}
