"""The terms of a question: its words without those that every question has."""

import regex

from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from indexing.lexical.tantivy import analyse

_WORD = regex.compile(r"[^\W_]+")


def question_terms(question: str) -> list[str]:
    """Distinct terms in order of appearance. A question of nothing but stop words keeps all of them."""
    words = _WORD.findall(question)
    telling = [word for word in words if word.lower() not in QUESTION_STOP_WORDS]
    return list(dict.fromkeys(analyse(" ".join(telling or words))))
