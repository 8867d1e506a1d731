"""Holding a language model to what it was given: each sentence it wrote must cite passages that say so, or goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import regex

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.sentences import sentences
from service.core.markup import addresses, without_links
from service.core.values import Answer, Citation, Dropped, cite

_MARKERS = regex.compile(r"(?<!\s)\s*\[\s*(\d+\s*(?:[,;]\s*\d+\s*)*)\]")
_ODD_MARKER = regex.compile(r"[\p{Ps}--(][^\p{Ps}\p{Pe}]*\p{N}", regex.V1)
"""A bracket with a number that is left when the markers are gone, as of `[1-3]`, `【7】` or `[[1]7]`: it looks like a
marker, and is none."""
_BEHIND_THE_STOP = regex.compile(r"((?<![.!?…])[.!?…]++[\"'”’)\]]*)((?:\s*\[\s*\d+(?:\s*[,;]\s*\d+)*\s*\])+)")
"""Models set markers before the full stop or behind it; behind it they would go to the next sentence."""
_BULLET = regex.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+", regex.MULTILINE)
_MOST_DIGITS = 6

UNCITED = "it cites no passage"
INVENTED = "it cites what is none of the passages that it was given"
UNSUPPORTED = "the passages it cites do not say so"
LINKED = "it names an address that the passages it cites do not"
SURPLUS = "it is more than was asked for"
MOST_SENTENCES = 12
"""Looked at, each in at most MOST_CITED passages; the model is asked for four."""
MOST_CITED = 8


@dataclass(frozen=True, slots=True)
class Supported:
    """The words of a passage that bear out a sentence."""

    within: Span
    """In the passage's text."""
    score: float
    """How well, 0 to 1."""


Support = Callable[[str, PassageRow], Supported | None]
"""The words of this passage that bear out this sentence; None if there are none."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """What is left of a model's text after every sentence was checked."""

    answer: Answer | None
    """None if nothing is left."""
    dropped: tuple[Dropped, ...]


def grounded(written: str, given: Sequence[PassageRow], *, support: Support) -> Grounded:
    """Checks each sentence of a model's text against the passages it cites, which are numbered from 1.

    A sentence stays if it cites, cites nothing that was not given, and is borne out by at least one passage it cites;
    of its citations those stay that bear it out, as the exact words of the passage, numbered anew. A last sentence that
    was cut off lacks the markers that stand at its end, and goes.
    """
    kept: list[str] = []
    dropped: list[Dropped] = []
    citations: dict[tuple[str, str, Span], Citation] = {}
    for place, (sentence, numbers) in enumerate(_sentences(written)):
        if place >= MOST_SENTENCES:
            dropped.append(Dropped(sentence, SURPLUS))
            continue
        if not numbers or any(not 1 <= number <= len(given) for number in numbers):
            dropped.append(Dropped(sentence, INVENTED if numbers else UNCITED))
            continue
        rows = [given[number - 1] for number in numbers[:MOST_CITED]]
        found = [(row, supported) for row in rows if (supported := support(sentence, row)) is not None]
        if not found:
            dropped.append(Dropped(sentence, UNSUPPORTED))
            continue
        if any(all(address not in row.text for row, _ in found) for address in addresses(sentence)):
            dropped.append(Dropped(sentence, LINKED))
            continue
        markers = []
        for row, supported in found:
            citation = cite(row, supported.within, marker=len(citations) + 1, score=supported.score)
            # overlapping passages hold the same words at the same place
            source = (row.article_id, row.revision, citation.span)
            markers.append(citations.setdefault(source, citation).marker)
        kept.append(f"{without_links(sentence)} " + "".join(f"[{marker}]" for marker in sorted(set(markers))))
    answer = Answer(text=" ".join(kept), citations=tuple(citations.values())) if kept else None
    return Grounded(answer, tuple(dropped))


def _sentences(written: str) -> list[tuple[str, list[int]]]:
    """The sentences without bullets and markers, each with the passage numbers it cites, in order, once."""
    text = _BEHIND_THE_STOP.sub(r"\2\1", _BULLET.sub("", written))
    found: list[tuple[str, list[int]]] = []
    for span in sentences(text, Span(0, len(text))) if text else []:
        part = span.of(text)
        numbers = [
            # a number of very many or of other digits is no passage's, and too long ones Python refuses to read
            int(digits) if digits.isascii() and len(digits) <= _MOST_DIGITS else 0
            for match in _MARKERS.finditer(part)
            for digits in regex.findall(r"\d+", match[1])
        ]
        plain = " ".join(_MARKERS.sub("", part).split())
        if _ODD_MARKER.search(plain):
            numbers.append(0)
        if any(character.isalnum() for character in plain):
            found.append((plain, list(dict.fromkeys(numbers))))
    return found
