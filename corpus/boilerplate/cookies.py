"""Cookie and privacy notices, with the buttons printed under them."""

from corpus.article import Skip, SkipReason
from corpus.boilerplate.patterns import is_attributed, one_of
from corpus.boilerplate.units import Unit

MAX_CHARACTERS = 900
"""Consent dialogs run to a long paragraph, not beyond."""

_LINE = one_of(
    r"(?:this|our) (?:web)?site uses cookies",
    r"we use cookies(?: on (?:this|our) (?:web)?site)?",
    r"(?:accept|allow|reject|decline|manage|refuse)(?: (?:all|our|my|optional|necessary|only necessary))? cookies",
    r"cookies? (?:settings|preferences|policy|notice|consent|declaration)",
    r"we (?:value|respect|care about) your privacy",
    r"your privacy (?:matters|choices|is important to us)",
    r"do not sell (?:or share )?my (?:personal )?information",
    then=r"[.!]?",
)
_NOTICE = one_of(
    r"(?:this|our) (?:web ?)?site uses (?:[a-z]{1,12} ){0,3}cookies\b",
    r"(?:we|we and our (?:\d{1,5} )?(?:trusted )?partners) (?:may )?(?:use|store) (?:[a-z/,]{1,12} ){0,12}?cookies\b",
    r"we and our (?:\d{1,5} )?(?:trusted )?partners store\b",
)
_ADDRESS = one_of(
    r"\byour?\b", r"\bour (?:web)?site\b", r"\bprivacy policy\b", r"\bthis (?:web)?site\b", r"\bconsent\b"
)
_TERMS = one_of(r"(?:by|if you) (?:continu|click|us|brows|clos|press)(?:e|ing)\b", r"(?:in order )?to [a-z]{4,12} ")
_AGREEMENT = one_of(r"\byou(?:'re)? (?:agree|consent|accept|acknowledge|are agreeing)", r"\bwe (?:may )?use cookies\b")
_COOKIE = one_of(r"\bcookies?\b")
_BUTTON = one_of(
    r"(?:accept|allow|reject|decline|deny|refuse|agree|save)(?: (?:all|and (?:close|continue)|selection|cookies))?",
    r"(?:manage|customi[sz]e|save|show|privacy|cookie)? ?(?:settings|preferences|options|choices|details|policy)",
    r"(?:necessary|functional|statistics|marketing|performance|analytics|targeting)(?: (?:only|cookies))?",
    r"close|continue(?: without accepting)?|ok|okay|got it|i (?:agree|accept|understand)|disagree",
    r"(?:learn|find out|read|show) more|more (?:information|options)",
    then=r"[.!]?",
)


def cookie_notices(units: list[Unit]) -> dict[int, Skip]:
    """Notices anywhere, and button lines directly after one."""
    found: dict[int, Skip] = {}
    for index, unit in enumerate(units):
        if _is_notice(unit.plain) or (index - 1 in found and _BUTTON.fullmatch(unit.plain)):
            found[index] = unit.skip(SkipReason.COOKIES)
    return found


def _is_notice(line: str) -> bool:
    """Notices speak for the site, to the visitor; reporting about cookies speaks of them."""
    if len(line) > MAX_CHARACTERS or is_attributed(line):
        return False
    if _LINE.fullmatch(line) or (_NOTICE.match(line) and _ADDRESS.search(line)):
        return True
    return bool(_TERMS.match(line) and _COOKIE.search(line) and _AGREEMENT.search(line))
