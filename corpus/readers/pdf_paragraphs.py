"""Joins the lines of pages to paragraphs, by how long lines are and how they end.

A page says where lines are and not where paragraphs end. A line that is clearly shorter than the page is wide ends one,
unless the next goes on in small letters. A hyphen at the end of a line stays, unless the word without it stands
elsewhere in the document: "well-known" must not become "wellknown".
"""

import math
import re
from collections.abc import Iterator, Sequence

_FULL = 0.75
"""Of a page's width that a line has at least which does not end a paragraph."""
_WIDE = 0.9
"""The share of a page's lines that are no longer than its width: a few run over."""
_WORD = re.compile(r"[^\W\d_]+")
_END = (".", "!", "?", ":", "\u201d", '"', "\u2019", ")")
_SOFT_HYPHEN, _HYPHENS = "\u00ad", ("-", "\u2010")


def paragraphs(pages: Sequence[str]) -> Iterator[str]:
    """The paragraphs of all pages in order, each without line ends. One goes on over a page's end in small letters."""
    words = {word for page in pages for word in _WORD.findall(page)}
    held: list[str] = []
    for page in pages:
        for number, block in enumerate(_blocks(page)):
            goes_on = number == 0 and held and not held[-1].endswith(_END) and block[0][0].islower()
            if held and not goes_on:
                yield "".join(held)
                held = []
            for line in block:
                held += _pair(held.pop(), line, words) if held else (line,)
    if held:
        yield "".join(held)


def _blocks(page: str) -> Iterator[list[str]]:
    """The lines of each paragraph of a page."""
    lines = [" ".join(line.split()) for line in page.splitlines()]
    lengths = sorted(map(len, filter(None, lines)))
    width = lengths[math.ceil(_WIDE * (len(lengths) - 1))] if lengths else 0
    block: list[str] = []
    for line in lines:
        if block and (not line or _ends(block[-1], line, width)):
            yield block
            block = []
        if line:
            block.append(line)
    if block:
        yield block


def _ends(line: str, following: str, width: int) -> bool:
    return len(line) < _FULL * width and (line.endswith(_END) or not following[0].islower())


def _pair(line: str, following: str, words: set[str]) -> tuple[str, str]:
    """Both, so that one after the other they are what was written."""
    if line.endswith(_SOFT_HYPHEN):
        return line[:-1], following
    if line.endswith(_HYPHENS) and line[-2:-1].isalpha() and following[0].islower():
        end, begin = _WORD.findall(line[-60:])[-1], _WORD.match(following)
        whole = begin is not None and end + begin[0] in words
        return line[:-1] if whole else line, following
    return line, f" {following}"
