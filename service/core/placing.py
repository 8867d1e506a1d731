"""Where in an answer's text each citation stands: the words in front of its marker, which it supports."""

from dataclasses import dataclass

import regex

from corpus.article import Span
from service.core.values import Answer, Citation

# as answers are put together: words, a space, one or more markers, and a space before the next words. Words hold no
# markers of their own, which is seen to where the text is made
_MARKERS = regex.compile(r" ((?:\[[0-9]+\])+)(?: |$)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A citation at one place of an answer."""

    citation: Citation
    span: Span
    """In the answer's text, without the marker; code points."""


def placed(answer: Answer) -> tuple[Placed, ...]:
    """Every place at which a citation is named, in order of the text; one that supports two sentences has two."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    found: list[Placed] = []
    start = 0
    for match in _MARKERS.finditer(answer.text):
        span = Span(start, match.start())
        found.extend(Placed(by_marker[int(number)], span) for number in regex.findall("[0-9]+", match[1]))
        start = match.end()
    return tuple(found)
