"""The POSTs that change no article and no index, by where they wait: for them a key for reading is enough.

A new route stands in one of the two sets, or is held to need a key for writing, which its first test tells.
"""

import regex

QUESTIONS = frozenset({"/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses", "/retrieval"})
_STORE_SEARCHED = regex.compile(r"/v1/vector_stores/[^/]+/search")
CHECKS = frozenset(
    {
        "/v1/verify",
        # adds a reader's words beside the library: who may ask may also say what became of it
        "/v1/feedback",
    }
)


def is_question(path: str) -> bool:
    """Whether a POST to it waits in the queue of questions; if not, in that of checks."""
    return path in QUESTIONS or _STORE_SEARCHED.fullmatch(path) is not None


def changes_nothing(path: str) -> bool:
    """Whether a POST to it leaves articles and indexes as they are."""
    return path in CHECKS or is_question(path)
