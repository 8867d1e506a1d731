"""The lines of a file that is exchanged with other programs, with their numbers."""

import re
from collections.abc import Iterator
from pathlib import Path

from eval.errors import BadExchange
from eval.text import content_of

_GRADE = re.compile(r"-?[0-9]{1,9}")


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Every line that is not blank. Raises BadExchange for a file that cannot be read or is no UTF-8."""
    content = content_of(file, BadExchange)
    # not splitlines: JSON may hold U+2028 within a line
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line


def as_grade(text: str) -> int:
    """A judgement's grade. Raises ValueError for what is no whole number, or too large for those who read it."""
    if not _GRADE.fullmatch(text):
        raise ValueError(f"the grade {text[:20]!r} is not a whole number of at most nine digits")
    return int(text)
