"""Cuts a text into the units the rules judge: lines, and the pieces of a line whose paragraph break was lost."""

import re
from dataclasses import dataclass
from itertools import pairwise

from corpus.article import Skip, SkipReason, Span

_GLUE = re.compile(
    r"(?:(?<=[a-zß-ÿ]{3}[.!?])|(?<=[a-zß-ÿ]{2}[.!?][\"”\u2019]))"  # the end of a sentence ...
    r"(?=[“\"\u2018]?[A-ZÀ-Þ](?:[a-zß-ÿ]|\s))"  # ... run into the beginning of the next
)
_DECORATION = "#>*_=~•·|+- \u2013\u2014\t\r\f\v\xa0"


@dataclass(frozen=True, slots=True)
class Unit:
    """A line, or a piece of one, as the rules see it."""

    span: Span
    """Where it stands in the text, without the white space around it."""
    raw: str
    plain: str
    """For matching only: decoration gone, white space single, apostrophes straight. Never empty."""
    indent: int
    """Characters of white space before it on its line."""
    blanks: int
    """Blank lines between it and the unit before; 0 for the next line and for a glued piece."""

    @property
    def words(self) -> int:
        """How many words it has."""
        return self.plain.count(" ") + 1

    def skip(self, reason: SkipReason) -> Skip:
        """This whole unit, skipped."""
        return Skip(self.span, reason)


def plain(text: str) -> str:
    """`text` as patterns want it: no list or heading marks around it, single spaces, straight apostrophes."""
    return " ".join(text.replace("\u2019", "'").strip(_DECORATION).split())


def units_of(text: str) -> list[Unit]:
    """Every unit of `text` that holds more than decoration, in order."""
    units: list[Unit] = []
    start = blanks = 0
    for line in text.split("\n"):
        content = line.strip()
        indent = len(line) - len(line.lstrip())
        for begin, end in pairwise([0, *(glue.end() for glue in _GLUE.finditer(content)), len(content)]):
            words = plain(content[begin:end])
            if words:
                span = Span(start + indent + begin, start + indent + end)
                units.append(Unit(span, content[begin:end], words, indent, blanks))
                blanks = 0
        blanks += not content
        start += len(line) + 1
    return units
