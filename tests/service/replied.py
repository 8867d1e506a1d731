"""The fields of a reply, in the order in which they are told."""

REPLY = [
    "question",
    "rewritten_question",
    "answer",
    "abstention",
    "answerable",
    "generation",
    "passages",
    "timings_ms",
]
PASSAGE = [
    *("passage_id", "article_id", "revision", "start", "end", "text"),
    *("title", "publisher", "published_at", "url", "score"),
]
"""Of any passage."""
CITATION = [
    *("marker", "passage_id", "article_id", "revision", "start", "end", "quote"),
    *("title", "publisher", "published_at", "url", "score"),
]
VERIFIED = ("article_id", "revision", "start", "end", "quote")
"""Those of a citation that it is verified by."""
