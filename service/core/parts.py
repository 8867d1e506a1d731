"""What a question asks for: one thing, several things, or the accounts of several articles."""

import regex

from corpus.article import Span
from indexing.lexical.questions import question_terms
from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from indexing.lexical.words import WORD

MOST_PARTS = 4
"""Each takes as long to answer as a question of its own."""
_BORDER = regex.compile(
    r"(?!\A)(?:\?\s+(?:and\s+)?(?=\w)|[,;]?\s+and\s+"
    r"(?=(?:(?:in|on|at|to|for|from|by|with|of)\s+)?(?:who|whom|whose|what|when|where|why|how|which)\b))",
    regex.IGNORECASE,
)
_ACCOUNTS = regex.compile(
    r"\b(?:accounts?|reports?|versions?|sources?|newspapers|papers|outlets|articles|stories)\s+(?:\w+\s+){0,2}"
    r"(?:differ|disagree|vary|varied|conflict|contradict|diverge)"
    r"|\b(?:differ|disagree|conflict|contradict)\w*\s+(?:\w+\s+){0,2}(?:accounts?|reports?|versions?|figures?|claims?)\b"
    r"|\b(?:all|both|different|various)\s+(?:the\s+)?(?:accounts|reports|versions|articles|newspapers|sources)\b",
    regex.IGNORECASE,
)


def parts_of(question: str) -> tuple[Span, ...]:
    """Where each thing stands that the question plainly asks for: "When did it sink, and who was aboard?" has two.

    One that asks for one thing is its own only part, and so is one with a part that has no word of its own to look for,
    or with more than MOST_PARTS of them.
    """
    starts, ends = [0], []
    for border in _BORDER.finditer(question):
        ends.append(border.start() + question[border.start()].count("?"))
        starts.append(border.end())
    spans = tuple(Span(start, end) for start, end in zip(starts, [*ends, len(question)], strict=True))
    if len(spans) > MOST_PARTS:
        return (Span(0, len(question)),)
    return spans if all(_tells(span.of(question)) for span in spans) else (Span(0, len(question)),)


def asks_for_accounts(question: str) -> bool:
    """Whether it asks what several articles say, each for itself."""
    return _ACCOUNTS.search(question) is not None


def _tells(part: str) -> bool:
    words = WORD.findall(part)
    return bool(question_terms(part)) and any(word.lower() not in QUESTION_STOP_WORDS for word in words)
