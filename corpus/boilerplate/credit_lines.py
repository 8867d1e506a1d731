"""Lines that only say who took, made, sent or owns something."""

import re

from corpus.article import Skip, SkipReason
from corpus.boilerplate.patterns import DASH, ends_sentence, is_reported, one_of
from corpus.boilerplate.units import Unit

MAX_WORDS = 12
"""Names of two photographers, an agency and a distributor."""
MAX_CHARACTERS = 300
"""The longest copyright notices."""

_AGENCY = one_of(
    r"getty|reuters|ap|afp|epa|efe|pa|alamy|shutterstock|bloomberg|yonhap|xinhua|kyodo|tass|anadolu|dpa|ansa|nurphoto|zuma",
    r"rex|istock(?:photo)?|unsplash|pexels|pixabay|wikimedia|flickr|sipa|imago|kcna|krt|upi|corbis|magnum|handout|agencies",
)
_BESIDE_AGENCY = one_of(
    r"images?|photos?|photograph|pictures?|video|credits?|courtesy|wire|media|press|commons|features|news|via|vía|file|pool",
    r"by|the|and|of|from|stock|contributor|associated|agence|france|presse",
)
_JOINING = one_of(
    r"the|of|for|via|and|by|in|at|with|de|van|von|der|al|el|la|le|&|-|/|\||file|handout|courtesy|our|additional",
    r"reporting|editing|writing|agencies|agency|staff|correspondents?|newsroom|inputs?|wires?",
)
_SEPARATORS = re.compile(rf"[\s/,|()\[\]&:;.©]+|{DASH}")
_LABELLED = one_of(
    r"(?:file )?(?:photo|image|picture|photograph|video|illustration|graphic|pic)s?(?: credits?)?(?: ?[:|©]| by| via)",
    r"(?:(?:photo|image|picture)s? )?courtesy of",
    r"(?:credits?|source) ?:|image source,",
    then=r" ?(?P<who>.{2,80})",
)
_MACHINE_MADE = one_of(
    r"(?:(?:image|photo|picture|illustration|video|graphic|article|story|text|summary|audio)s? )?(?:is |was )?"
    r"(?:generated|created|made|produced|reported|written|summari[sz]ed|translated|illustrated) (?:by|with|using) "
    r"(?:an? )?(?:ai|artificial intelligence|generative ai)(?: tools?)?\b",
    r"ai[- ]generated(?: (?:image|photo|picture|illustration|video|graphic|summary|content))?\b",
    then=r"[\s.|,;/]{0,3}",
)
_AGENCY_WORK = one_of(
    r"(?:additional|further|extra) reporting (?:by|from)",
    r"with (?:reporting|inputs?|additional reporting|agency inputs?|files) (?:by|from)",
    r"with (?=agenc|wires)|(?:reporting|writing) by(?=.{2,120}editing by)",
    then=r" ?(?P<who>.{2,200})",
)
_SYNDICATED = one_of(
    r"this (?:article|story|report) (?:was )?(?:originally|first) (?:published|appeared) (?:on|in|by|at) .{2,80}"
)
_OWNER = one_of(
    r"copyright ?(?:©|\(c\))? ?(?:\d{4}|by\b).{0,240}",
    r"©.{0,240}",
    r"\(c\) ?\d{4}\b.{0,240}",
    r"all rights reserved\b.{0,40}",
)
_TRAILING = one_of(
    rf"\s*{DASH}?\s{{0,3}}\b(?:(?:photo|image|picture|file) )?(?:credits?|photo|picture|image): ?"
    r"(?P<labelled>[^:]{2,60})",
    r"\s*\((?P<in_brackets>[^()]{2,60})\)",
    rf"\s+(?:{DASH}|\|)\s{{0,3}}(?P<after_dash>[^-\u2013\u2014|]{{2,50}})",
    then=r"[.\s]{0,3}$",
)
_TAIL = 120
"""Characters at the end of a caption in which its credit is looked for."""


def credit_lines(units: list[Unit]) -> dict[int, Skip]:
    """Photo, agency and copyright credits standing alone on a line."""
    return {index: unit.skip(SkipReason.CREDIT) for index, unit in enumerate(units) if is_credit(unit)}


def is_credit(unit: Unit) -> bool:
    """Whether the line is nothing but a credit."""
    line = unit.plain.strip("()[] ")
    if len(line) > MAX_CHARACTERS or is_reported(line):
        return False
    if _OWNER.fullmatch(unit.plain) or _SYNDICATED.fullmatch(line):
        return True
    work = _AGENCY_WORK.fullmatch(line)
    if work is not None:
        return unit.words <= 2 * MAX_WORDS and _is_name(work["who"].rstrip("."))
    return 0 < unit.words <= MAX_WORDS and (_is_machine_made(line) or _is_photo_credit(line))


def _is_machine_made(line: str) -> bool:
    """Whether the line says, once or several times, that a machine made something, and nothing else."""
    position = 0
    while position < len(line) and (match := _MACHINE_MADE.match(line, position)):
        position = match.end()
    return 0 < position == len(line)


def _is_photo_credit(line: str) -> bool:
    if _names_agency(line):
        return True
    label = _LABELLED.fullmatch(line)
    if label is not None:
        return _is_name(label["who"])
    ends = [part for part in re.split(r"[/|]", line) if part.strip()]
    return len(ends) > 1 and (_names_agency(ends[0]) or _names_agency(ends[-1])) and _is_name(line)


def _names_agency(line: str) -> bool:
    """Whether every word belongs to an agency's name or a credit, and at least one names an agency."""
    words = _SEPARATORS.split(line)
    return _mentions_agency(line) and all(
        not word or _AGENCY.fullmatch(word) or _BESIDE_AGENCY.fullmatch(word) for word in words
    )


def _mentions_agency(line: str) -> bool:
    return any(_AGENCY.fullmatch(word) for word in _SEPARATORS.split(line))


def _is_name(words: str) -> bool:
    """Names are capitalised throughout and end no sentence; a description is not and may."""
    return not ends_sentence(words) and all(
        not word[0].islower() or _JOINING.fullmatch(word.rstrip(",;.")) for word in words.replace("/", " ").split()
    )


def split_credit(caption: str) -> tuple[str, bool]:
    """The caption without the credit at its end, and whether there was one."""
    match = _TRAILING.search(caption, max(0, len(caption) - _TAIL))
    if match is None:
        return caption, False
    labelled, who = match["labelled"], match["in_brackets"] or match["after_dash"] or ""
    known = _is_name(labelled.rstrip(". ")) if labelled else _mentions_agency(who)
    return (caption[: match.start()], True) if known else (caption, False)
