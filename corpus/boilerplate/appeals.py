"""Requests for donations, subscriptions and support, told from reporting about them by who speaks to whom."""

import re
from dataclasses import dataclass
from enum import IntEnum

from corpus.article import Skip, SkipReason, Span
from corpus.boilerplate.patterns import is_attributed, is_reported, one_of, without_quotations
from corpus.boilerplate.units import Unit, plain

MAX_CHARACTERS = 4000
"""No paragraph of an appeal is longer."""

_PROMPT = one_of(
    r"(?:please )?(?:subscribe|donate)(?: (?:now|today|here|to read more|to continue(?: reading)?|from [^.]{1,40}))?",
    r"subscribe to (?:continue|keep|read|unlock)\b.{0,60}",
    r"subscribe (?:for|from) (?:just |only |as little as )?[£$€].{0,40}",
    r"support us",
    r"support (?:our|independent|quality|public|nonprofit|local) (?:[a-z]{1,15} )?"
    r"(?:journalism|media|news(?:room)?|reporting)"
    r"(?:[,.] .{0,60}| (?:today|now|here|from .{1,30}))?",
    r"become an? (?:[^\s.]{1,20} ){0,3}(?:member|supporter|subscriber|patron)(?: (?:today|now|here))?",
    r"make a (?:donation|contribution|gift)(?: (?:today|now|here))?",
    r"already (?:a|have a) (?:subscriber|member|subscription)\?.{0,40}",
    r"(?:this (?:article|content|story) is )?(?:for )?(?:subscribers|members) only",
    r"(?:start|claim) your free trial.{0,40}",
    r"to (?:continue|keep) reading,? .{0,80}(?:subscri|sign|log|register|account).{0,60}",
    then=r"[.!:]?",
)
_CUE = one_of(
    r"\byour (?:support|donations?|contributions?|subscription|generosity|gift|membership)(?: [a-z]{1,12}){0,2}? "
    r"(?:helps?|allows?|enables?|lets?|keeps?|funds?|ensures?|powers?|means|makes?|sustains?|matters)\b",
    r"\b(?:small|quick) favou?r to ask\b|\bneed your (?:help|support)\b",
    r"\b(?:rel(?:y|ies)|depends?) on (?:our )?(?:readers|you)\b",
    r"\bplease (?:consider|support|donate|subscribe|contribute|give)\b",
    r"\bconsider (?:donating|supporting|subscribing|contributing|making|becoming)\b",
    r"\bevery (?:contribution|donation|gift|subscription)\b|\b(?:support|fund) (?:us|our)\b",
    r"\bsupport [^.]{2,40} from (?:as little as|just|only) [£$€]",
    r"\bif you (?:value|appreciate|believe in) (?:our|the|this)\b",
)
_PRAISE = one_of(
    r"your (?:support|donation|contribution|subscription|generosity|gift|membership) (?:really |truly )?"
    r"(?:makes all the difference|makes a difference|matters|means (?:everything|a lot|the world))",
    r"(?:.{0,80}\b)?we have a (?:small|quick) favou?r to ask",
    r"thank you for (?:reading|being a .{1,40}|your support)",
    then=r"[.!]?",
)
_OWN_VOICE = one_of(r"\b(?:we|us|our)\b")
_TRADE = one_of(
    r"\bjournalis(?:m|ts?)\b|\breport(?:ers?|ing)\b|\bnewsrooms?\b|\bnews (?:outlets?|organi[sz]ations?)\b",
    r"\btell(?:ing)? (?:the |these |this |your |more )?stor(?:y|ies)\b|\bthe story\b|\bthe facts\b|\bour readers\b",
    r"\bpaywalls?\b|\bindependent (?:media|news|voice)\b|\bour (?:coverage|website|site)\b",
)
_OWN_TRADE = one_of(
    r"\bour (?:[a-z]{1,15} ){0,2}(?:journalism|journalists|reporting|reporters|newsroom|readers)\b",
    r"\bpaywalls?\b|\breader-(?:funded|supported)\b",
)
_SENTENCE = re.compile(r"[.!?][\"”\u2019)]{0,2}(?:\s+|$)")


class Voice(IntEnum):
    """How much a sentence sounds like an appeal."""

    NONE = 0
    OWN = 1
    """The outlet speaks of its own trade."""
    THANKS = 2
    """The reader's support is praised; anyone's, if nothing around it says whose."""
    APPEAL = 3


@dataclass(frozen=True, slots=True)
class _Heard:
    voice: Voice
    first: int
    """Where, in the unit, the first sentence of the outlet's voice begins."""
    last: int
    own_trade: bool


def appeals(units: list[Unit]) -> dict[int, Skip]:
    """Runs of paragraphs in the outlet's own voice around at least one plain appeal.

    The first and the last paragraph are cut at the sentence, so that reporting on the same line stays.
    """
    heard = [_listen(unit) for unit in units]
    found: dict[int, Skip] = {}
    start = 0
    while start < len(units):
        end = start
        while end < len(units) and heard[end].voice:
            end += 1
        found.update(_run(units, heard, start, end))
        start = max(end, start + 1)
    return found


def _run(units: list[Unit], heard: list[_Heard], start: int, end: int) -> dict[int, Skip]:
    if not any(heard[index].voice is Voice.APPEAL for index in range(start, end)):
        return {}
    while _only_own(heard[start]):
        start += 1
    while _only_own(heard[end - 1]):
        end -= 1
    found: dict[int, Skip] = {}
    for index in range(start, end):
        span = units[index].span
        begin = span.start + heard[index].first if index == start else span.start
        stop = span.start + heard[index].last if index == end - 1 else span.end
        found[index] = Skip(Span(begin, stop), SkipReason.APPEAL)
    return found


def _only_own(heard: _Heard) -> bool:
    return heard.voice is Voice.OWN and not heard.own_trade


def _listen(unit: Unit) -> _Heard:
    length = len(unit.raw)
    if length > MAX_CHARACTERS:
        return _Heard(Voice.NONE, 0, length, own_trade=False)
    if _PROMPT.fullmatch(unit.plain) and not is_reported(unit.plain):
        return _Heard(Voice.APPEAL, 0, length, own_trade=True)
    spoken = without_quotations(unit.raw)
    voice, first, last, begin = Voice.NONE, length, 0, 0
    for stop in [*(match.end() for match in _SENTENCE.finditer(spoken)), length]:
        sentence = spoken[begin:stop]
        heard = _voice(plain(sentence))
        if heard:
            voice, first, last = max(voice, heard), min(first, begin), begin + len(sentence.rstrip())
        begin = stop
    return _Heard(voice, first, last, own_trade=_OWN_TRADE.search(spoken) is not None)


def _voice(sentence: str) -> Voice:
    if not sentence or is_attributed(sentence):
        return Voice.NONE
    own = _OWN_VOICE.search(sentence) is not None and _TRADE.search(sentence) is not None
    if own and _CUE.search(sentence):
        return Voice.APPEAL
    if _PRAISE.fullmatch(sentence):
        return Voice.THANKS
    return Voice.OWN if own else Voice.NONE
