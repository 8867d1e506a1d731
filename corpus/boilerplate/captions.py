"""Captions a page prints twice: once for the picture's alternative text, once under the picture."""

import re

from corpus.article import Skip, SkipReason
from corpus.boilerplate.credit_lines import split_credit
from corpus.boilerplate.units import Unit

MIN_WORDS = 6
"""Shorter repetitions may be headings, names or refrains."""
MAX_CHARACTERS = 1200
"""Longer than any caption."""

_WORD = re.compile(r"\w+")


def repeated_captions(units: list[Unit]) -> dict[int, Skip]:
    """Second printings: on the very next line, or anywhere when one of the printings carries a credit."""
    found: dict[int, Skip] = {}
    first_with_credit: dict[tuple[str, ...], bool] = {}
    before: tuple[str, ...] = ()
    for index, unit in enumerate(units):
        if len(unit.plain) > MAX_CHARACTERS:
            before = ()
            continue
        caption, credited = split_credit(unit.plain)
        words = tuple(_WORD.findall(caption.casefold()))
        if len(words) >= MIN_WORDS:
            next_line = words == before and not unit.blanks
            earlier = first_with_credit.get(words)
            if next_line or (earlier is not None and (earlier or credited)):
                found[index] = unit.skip(SkipReason.CAPTION)
            first_with_credit[words] = bool(earlier) or credited
        before = words
    return found
