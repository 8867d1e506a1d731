"""The terms of a question: its words without those that every question has."""

from indexing.lexical.analysis import analyse
from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from indexing.lexical.words import WORD


def question_terms(question: str) -> list[str]:
    """Distinct terms in order of appearance. A question of nothing but stop words keeps all of them."""
    return list(dict.fromkeys(analyse(" ".join(telling_words(question)))))


def telling_words(question: str) -> list[str]:
    """Its words as they are written, without stop words; all of them where it has no others."""
    words = WORD.findall(question)
    return [word for word in words if word.lower() not in QUESTION_STOP_WORDS] or words
