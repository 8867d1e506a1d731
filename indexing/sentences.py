"""Sentence boundaries as spans of the text they were found in."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median

import regex
import sentencex

from corpus.article import Span

_LANGUAGE = "en"
_GRAPHEME = regex.compile(r"\X")
_PLAIN_SPACES = dict.fromkeys(
    map(
        ord,
        "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u2028\u2029\u202f\u205f\u3000",
    ),
    " ",
)
"""White space of more than one byte makes sentencex 1.0.32 slice inside it and abort, as in "George W.\u00a0Bush"; one
space for each keeps every position."""
_LONGEST_BLOCK = 20_000
"""sentencex 1.0.32 takes time by the square of the quotes in a block: 99 s for a million, and one is 40 ms here."""
_LONGEST_WRAPPED_LINE = 100
_SHORTEST_WRAPPED_LINE = 40
_FEWEST_WRAPPED_LINES = 4


def sentences(text: str, within: Span, *, check: Callable[[], None] = lambda: None) -> list[Span]:
    """The sentences inside one span of `text`, in order, without the white space around them.

    Every character of the span that is not white space is in exactly one of them. A line break ends a sentence unless
    the text is wrapped at a fixed width, where only an empty line does. What `check` raises, now and then, ends it.
    """
    found = []
    for block in _bounded(text, _blocks(text, within)):
        check()
        # sentencex counts code points and, within a block, returns adjoining pieces that cover all of it
        pieces = sentencex.get_sentence_boundaries(_LANGUAGE, block.of(text).translate(_PLAIN_SPACES))
        ends = _between_graphemes(block.of(text), [piece["end_index"] for piece in pieces])
        for start, end in pairwise([0, *ends]):
            span = trimmed(text, block.start + start, block.start + end)
            if span is not None:
                found.append(span)
    return found


def _bounded(text: str, blocks: Iterator[Span]) -> Iterator[Span]:
    """The blocks, those too long in parts: cut after a stop, a word, or what one reads as a letter."""
    for block in blocks:
        start = block.start
        while block.end - start > _LONGEST_BLOCK:
            part = text[start : start + _LONGEST_BLOCK]
            stop = max(part.rfind(mark) for mark in (". ", "! ", "? "))
            end = stop + 2 if stop >= 0 else part.rfind(" ") + 1 or _last_letter(part) or len(part)
            yield Span(start, start + end)
            start += end
        yield Span(start, block.end)


def _last_letter(part: str) -> int:
    """Where the last grapheme cluster begins."""
    return max(match.start() for match in _GRAPHEME.finditer(part))


def _between_graphemes(block: str, ends: list[int]) -> list[int]:
    """The ends of pieces without those inside a grapheme cluster, such as before an accent set on a full stop."""
    if block.isascii():
        return ends
    borders = {match.end() for match in _GRAPHEME.finditer(block)}
    return [end for end in ends if end in borders]


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
