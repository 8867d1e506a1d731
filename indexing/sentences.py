"""Sentence boundaries as spans of the text they were found in."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

import sentencex

from corpus.article import Span

_LANGUAGE = "en"
_LONGEST_WRAPPED_LINE = 100
_SHORTEST_WRAPPED_LINE = 40
_FEWEST_WRAPPED_LINES = 4


def sentences(text: str, within: Span) -> list[Span]:
    """The sentences inside one span of `text`, in order, without the white space around them.

    Every character of the span that is not white space is in exactly one of them. A line break ends a sentence unless
    the text is wrapped at a fixed width, where only an empty line does.
    """
    found = []
    for block in _blocks(text, within):
        # sentencex counts code points and, within a block, returns adjoining pieces that cover all of it
        for piece in sentencex.get_sentence_boundaries(_LANGUAGE, block.of(text)):
            span = trimmed(text, block.start + piece["start_index"], block.start + piece["end_index"])
            if span is not None:
                found.append(span)
    return found


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The part of start:end without leading and trailing white space; None if nothing else is in it."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    return Span(start, end) if start < end else None


def _blocks(text: str, within: Span) -> Iterator[Span]:
    part = within.of(text)
    wrapped = _is_wrapped(part)
    start = at = within.start
    for line in part.splitlines(keepends=True):
        end = at + len(line)
        if not wrapped or not line.strip():
            if start < at:
                yield Span(start, at)
            start = at
        at = end
    if start < at:
        yield Span(start, at)


def _is_wrapped(part: str) -> bool:
    """Whether lines were broken at a fixed width: many lines, none long, most of them nearly full.

    The last line of each paragraph says nothing about the width and is left out.
    """
    lines = part.splitlines()
    inner = [len(line) for line, following in pairwise(lines) if line.strip() and following.strip()]
    return (
        len(inner) >= _FEWEST_WRAPPED_LINES
        and max(inner) <= _LONGEST_WRAPPED_LINE
        and median(inner) >= _SHORTEST_WRAPPED_LINE
        and median(inner) >= 0.8 * max(inner)
    )
