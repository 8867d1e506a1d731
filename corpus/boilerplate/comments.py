"""Comment threads and invitations to write in one."""

import re

from corpus.article import Skip, SkipReason
from corpus.boilerplate.patterns import is_reported, one_of
from corpus.boilerplate.units import Unit

MAX_WORDS = 25
"""Words in an invitation to comment."""
MAX_GAP = 8
"""Lines between two signs of a thread; one comment has a few paragraphs."""
MAX_LEAD = 3
"""Lines between the heading of a thread and its first sign."""
MIN_BODY = 3
"""Paragraphs of an article before numbered comments are looked for."""

_HEADING = one_of(
    r"(?:(?:\d{1,6}|no|all|readers?'?|user|recent|latest|top) )?comments?(?: ?[(\[]\d{1,6}[)\]]|: ?\d{1,6})?",
    r"\d{1,6} (?:responses?|replies|thoughts|comments?)(?: (?:to|on) .{1,200})?",
    r"(?:leave|post|write|add|submit) a (?:comment|reply)(?: .{0,40})?",
    r"comments are (?:now )?closed[.]?",
    r"(?:view|show|see|read|load|hide)(?: all| more| the)?(?: \d{1,6})? comments?(?: ?\(\d{1,6}\))?",
)
_INVITATION = one_of(
    r"join (?:our|the|in the) (?:commenting forum|conversation|discussion|debate|community)",
    r"have your say|start the conversation|be the first to (?:comment|reply)",
    r"(?:please )?(?:log|sign) in (?:or (?:register|sign up) )?to (?:post a |leave a )?comment.{0,60}",
    r"you must be logged in to (?:post a )?comment|your e-?mail address will not be published.{0,60}",
    r"(?:what do you think\? ?)?(?:let us know|tell us|share your (?:thoughts|views|opinions?)|have your say|sound off)"
    r"(?: what you think)? (?:in|via|using) (?:the |our )?comments?.{0,60}",
    then=r"[.!]?",
)
_FURTHER = one_of(
    r"join|follow|see|share|sign|log|register|be|please|read|start|want|create|post|your?|comments", then=r"\b"
)
_FORUM = one_of(
    r"\bconversations?\b|\bcomment(?:s|ing)?\b|\brepl(?:y|ies)\b|\bdiscussions?\b|\bforum\b",
    r"\bcommunity guidelines\b|\bmoderat(?:ed|ion)\b|\blogged in\b",
)
_CLOSES = one_of(
    r"reply|like|flag|report(?: (?:abuse|comment))?|permalink|upvote|downvote",
    r"\d{1,5} (?:likes?|repl(?:y|ies)|upvotes?)",
)
_OPENS = one_of(
    r"(?:about )?(?:an?|\d{1,3}) (?:second|minute|hour|day|week|month|year)s? ago",
    r".{1,40} says:",
    r"(?:.{1,40} )?(?:on )?[a-z]{3,9} \d{1,2}, \d{4} at \d{1,2}:\d{2}(?: ?[ap]\.?m\.?)?(?: sa(?:ys|id):?)?",
)
_NUMBERED = re.compile(r"(\d{1,4})[.)]\s")
_ANSWERS_AUTHOR = one_of(
    r"\b(?:the|this|your|great|good|nice) (?:blog |article |post )?(?:author|post|blog|article|comment|writer)\b",
    r"\b(?:i|i'd) (?:dis)?agree\b|\bthanks for (?:this|the|sharing|posting|writing)\b",
    r"\b(?:dear|hi|hello) (?:author|editor)\b|\blol\b",
)
_QUOTATION = re.compile(r"[“\"]([^“”\"\n]{25,300})[”\"]")
_JUDGED_CHARACTERS = 2000
_JUDGED_UNITS = 20
"""Of numbered comments, enough to find a sign in and few enough to stay fast."""


def comments(units: list[Unit]) -> dict[int, Skip]:
    """Invitations anywhere; threads from their heading on; numbered comments that close a page."""
    found: dict[int, Skip] = {}
    thread_end = 0
    for index, unit in enumerate(units):
        heading = _HEADING.fullmatch(unit.plain) is not None
        follows = index - 1 in found
        if heading or _is_invitation(unit) or (follows and _continues_invitation(unit)):
            found[index] = unit.skip(SkipReason.COMMENTS)
        if heading and index >= thread_end:
            thread_end = _end_of_thread(units, index)
            for inside in range(index + 1, thread_end):
                found[inside] = units[inside].skip(SkipReason.COMMENTS)
    for index in range(_first_numbered_comment(units), len(units)):
        found[index] = units[index].skip(SkipReason.COMMENTS)
    return found


def _is_invitation(unit: Unit) -> bool:
    return unit.words <= MAX_WORDS and not is_reported(unit.plain) and _INVITATION.fullmatch(unit.plain) is not None


def _continues_invitation(unit: Unit) -> bool:
    line = unit.plain
    short = unit.words <= MAX_WORDS and not is_reported(line)
    return bool(short and _FURTHER.match(line) and _FORUM.search(line))


def _end_of_thread(units: list[Unit], heading: int) -> int:
    """Past the last line of the thread under `heading`; directly after the heading if there is no thread.

    A thread shows two signs at least, one will do under a heading that counts the comments. What opens a comment is
    followed by one line more; what closes one is the end.
    """
    end, signs, index = heading + 1, 0, heading + 1
    while index < min(end + (MAX_GAP if signs else MAX_LEAD), len(units)):
        opens = _OPENS.fullmatch(units[index].plain) is not None
        if opens or _CLOSES.fullmatch(units[index].plain):
            end, signs = min(index + 1 + opens, len(units)), signs + 1
        elif _HEADING.fullmatch(units[index].plain):
            break
        index += 1
    needed = 1 if any(c.isdigit() for c in units[heading].plain) else 2
    return end if signs >= needed else heading + 1


def _first_numbered_comment(units: list[Unit]) -> int:
    """Where indented comments numbered from 1 run to the end of the page; len(units) if they do not.

    An article may close with a numbered list too, so one of the comments has to quote the article or speak of it.
    """
    start = len(units)
    while start and units[start - 1].indent > 1:
        start -= 1
    while start < len(units) and not _is_number(units[start], 1):
        start += 1
    closing = units[start:]
    if not closing or start < MIN_BODY or not _is_set_off(units[start - 1], closing):
        return len(units)
    numbers = [int(match[1]) for unit in closing if (match := _NUMBERED.match(unit.raw))]
    body = " ".join(unit.plain for unit in units[:start])
    answers = any(_ANSWERS_AUTHOR.search(unit.plain) or _quotes(unit, body) for unit in closing[:_JUDGED_UNITS])
    return start if answers and numbers == list(range(1, len(numbers) + 1)) else len(units)


def _is_set_off(before: Unit, closing: list[Unit]) -> bool:
    """Whether the closing lines are indented deeper than the line before, which does not announce a list."""
    indent = closing[0].indent
    return before.indent < indent <= min(unit.indent for unit in closing) and not before.plain.endswith(":")


def _is_number(unit: Unit, number: int) -> bool:
    match = _NUMBERED.match(unit.raw)
    return match is not None and int(match[1]) == number


def _quotes(unit: Unit, body: str) -> bool:
    return any(quotation.strip() in body for quotation in _QUOTATION.findall(unit.plain[:_JUDGED_CHARACTERS])[:3])
