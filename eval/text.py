"""What text in a file that is evaluated may be."""

import codecs
import re
from pathlib import Path

from corpus.article import why_unstorable
from eval.errors import BadExchange, BadQuestions
from service.core.errors import MAX_QUESTION_LENGTH, QuestionTooLong

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tabs and line ends, and those that turn the direction of writing."""


def problem(value: object) -> str | None:
    """Why a value cannot be an id, a name or words to compare; None if it can."""
    if not isinstance(value, str) or not value.strip():
        return "it must be text with a word in it"
    return why_unstorable(value)


def question_problem(value: object) -> str | None:
    """Why a value cannot be asked."""
    found = problem(value)
    if found is None and isinstance(value, str) and len(value) > MAX_QUESTION_LENGTH:
        return QuestionTooLong("question", len(value)).reason
    return found


def content_of(file: Path, refused: type[BadQuestions] | type[BadExchange]) -> str:
    """All of a file. Raises what is given for one that cannot be read or is not UTF-8; then with the line."""
    try:
        raw = file.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise refused(f"it cannot be read: {error.strerror or error}", source=file) from error
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(f"it is not UTF-8: {error.reason}", source=file, line=line) from error


def uncontrolled(text: str) -> str:
    """A whole page, in which what would steer a terminal that shows it stands as an escape."""
    return _STEERING.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def printable(text: str) -> str:
    """The text with what would steer a terminal, or cannot be written, shown as an escape."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
