"""What text in a file that is evaluated may be."""

from corpus.article import why_unstorable
from service.core.errors import MAX_QUESTION_LENGTH, QuestionTooLong


def problem(value: object) -> str | None:
    """Why a value cannot be an id, a name or words to compare; None if it can."""
    if not isinstance(value, str) or not value.strip():
        return "it must be text with a word in it"
    if "\0" in value:
        return "it holds a NUL, which ends a text for the programs that measures come from"
    return why_unstorable(value)


def question_problem(value: object) -> str | None:
    """Why a value cannot be asked."""
    found = problem(value)
    if found is None and isinstance(value, str) and len(value) > MAX_QUESTION_LENGTH:
        return QuestionTooLong("question", len(value)).reason
    return found


def printable(text: str) -> str:
    """The text with what would steer a terminal, or cannot be written, shown as an escape."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
