"""What the documents of several routes show: a result, and one answer in each form."""

from pydantic import JsonValue

from service.schemas.openai.names import MODEL

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
COMPLETION_EXAMPLE: dict[str, JsonValue] = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1767225600,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": CONTENT_EXAMPLE,
                "refusal": None,
                "annotations": [{"type": "url_citation", "url_citation": PLACE_EXAMPLE, "byline": CITATION_EXAMPLE}],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    "byline": BYLINE_EXAMPLE,
}
RESPONSE_EXAMPLE: dict[str, JsonValue] = {
    "id": "resp_0",
    "object": "response",
    "created_at": 1767225600,
    "completed_at": 1767225600,
    "status": "completed",
    "model": MODEL,
    "output": [
        {
            "id": "msg_0",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [
                {
                    "type": "output_text",
                    "text": CONTENT_EXAMPLE,
                    "annotations": [{"type": "url_citation", **PLACE_EXAMPLE, "byline": CITATION_EXAMPLE}],
                    "logprobs": [],
                }
            ],
        }
    ],
    "metadata": {},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "byline": BYLINE_EXAMPLE,
}
SEARCH_EXAMPLE: dict[str, JsonValue] = {
    "object": "vector_store.search_results.page",
    "search_query": ["Why did Oh Chong-song keep driving?"],
    "data": [
        {
            "file_id": "dmz-defection-december-2018",
            "filename": "North Korean soldier defects across the DMZ",
            "score": 0.97,
            "attributes": {
                "article_id": "dmz-defection-december-2018",
                "revision": "0" * 64,
                "passage_id": 12,
                "start": 1804,
                "end": 2311,
                "title": "North Korean soldier defects across the DMZ",
                "publisher": "BBC News",
                "published_at": "2018-12-01",
            },
            "content": [{"type": "text", "text": "He feared that he would be executed."}],
        }
    ],
    "has_more": False,
    "next_page": None,
}
