"""Refusing what cannot be asked."""

from collections.abc import Sequence

from corpus.article import lone_surrogate
from service.core.errors import MAX_K, MAX_QUESTION_LENGTH, BadK, EmptyQuestion, NotText, QuestionTooLong


def check_asked(question: str, k: int, *, field: str) -> None:
    """Raises AskError for a question or a number of passages that cannot be; `field` names the question."""
    check_question(question, field=field)
    if not 1 <= k <= MAX_K:
        raise BadK(k)


def check_question(question: str, *, field: str) -> None:
    """Raises AskError for one that cannot be."""
    if not question.strip():
        raise EmptyQuestion(field)
    if len(question) > MAX_QUESTION_LENGTH:
        raise QuestionTooLong(field, len(question))
    _check_text(question, field=field)


def _check_text(text: str, *, field: str) -> None:
    position = lone_surrogate(text)
    if position is not None:
        raise NotText(field, position)


def check_history(earlier: Sequence[str]) -> None:
    """Raises AskError for earlier questions that cannot be."""
    for turn in earlier:
        if len(turn) > MAX_QUESTION_LENGTH:
            raise QuestionTooLong("history", len(turn))
        _check_text(turn, field="history")
