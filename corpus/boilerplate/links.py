"""Lists of links to other articles, sections and videos."""

from itertools import pairwise

from corpus.article import Skip, SkipReason
from corpus.boilerplate.credit_lines import is_credit, split_credit
from corpus.boilerplate.patterns import DASH, ends_sentence, is_attributed, one_of
from corpus.boilerplate.units import Unit

MAX_LINK_WORDS = 20
"""Headlines are rarely longer; a reporting line that lost its full stop usually is."""
MAX_LIST = 30
"""Links taken after one heading."""
MIN_WEAK_LIST = 2
"""Links needed after a heading that could also be an article's own."""
MAX_DESCRIPTION_WORDS = 45
"""Words in the description of a thumbnail."""

_SOME = r"(?: [^\s.,;!?]{1,25}){0,6}"
_MID_ARTICLE = one_of(
    rf"(?:read|see|watch|discover|explore) (?:more|also|next)(?: (?:from|on|about|in|at|by){_SOME}| stories| news)?",
    r"also (?:read|see|watch)",
    r"see also",
    r"keep reading",
    then=r"(?: ?[:>»→]{1,2}|\.{3}|…)?",
)
_SECTION = one_of(
    r"related (?:articles?|stories|story|news|content|topics?|links?|coverage|reading|posts?|videos?|tags?)",
    rf"most (?:read|popular|viewed|watched|shared|commented)(?: (?:in|on|from|stories|articles|news|today){_SOME})?",
    r"(?:recommended|picked|selected|stories|more|suggested) for you",
    r"you (?:may|might) (?:also )?(?:like|be interested in)",
    r"(?:what to )?(?:read|watch) next",
    r"more (?:top )?stories|more (?:like|on) this(?: (?:story|topic))?",
    r"(?:promoted|sponsored) (?:stories|links|content)|(?:from )?around the web|from our partners",
    r"popular (?:now|stories|articles)|trending (?:now|stories|articles|news)|editor(?:'?s'?)? picks?",
    then=r"[:.]?",
)
_WEAK = one_of(
    r"related|trending|recommended|sponsored|popular|elsewhere|topics|tags",
    rf"more (?:from|on|in){_SOME}",
    r"(?:latest|top|other|more) (?:news|stories|headlines|videos|articles)",
    r"further reading|don't miss|up next|in pictures|in other news|explore more",
    then=r"[:.]?",
)
_INLINE = one_of(
    r"read (?:more|also|next)|also read|see also|related(?: (?:article|story))?|more on this|don't miss",
    then=rf" ?(?:[:|>»→]|{DASH}){{1,2}} ?\S",
)
_INVITATION = one_of(
    r"(?:watch|see|view|browse|read|click here for) (?:the |our |all )?"
    rf"(?:latest|full list of|top|best|more) (?:videos?|news|stories|headlines|articles|photos|coverage){_SOME}",
    r"click here(?: (?:for|to)(?: [^\s.]{1,25}){1,10})?",
    r"back to (?:top|home|homepage|the top)|skip to (?:main )?content",
    then=r"[.!]?",
)
_MARK = one_of(r"\d{1,2} (?:min(?:ute)?s? (?:read|ago)|hours? ago|days? ago)", r"video", r"\d{1,2}:\d{2}")
_PICTURE = one_of(r"image|photo|picture|illustration|graphic|getty|credit")


def link_lists(units: list[Unit]) -> dict[int, Skip]:
    """Headings of link lists with the links after them, and single lines that only lead elsewhere."""
    found: set[int] = set()
    section_end: int | None = None
    for index in range(len(units)):
        if index not in found and units[index].words <= 2 * MAX_LINK_WORDS:
            lines = _list_at(units, index)
            found.update(lines)
            if section_end is None and lines and _SECTION.fullmatch(units[index].plain):
                section_end = lines[-1] + 1
    if section_end is not None:
        found.update(_teasers(units, section_end))
    return {index: units[index].skip(SkipReason.LINKS) for index in found}


def _list_at(units: list[Unit], index: int) -> list[int]:
    line = units[index].plain
    if _MID_ARTICLE.fullmatch(line) or _SECTION.fullmatch(line):
        return [index, *_run(units, index + 1)]
    if _WEAK.fullmatch(line):
        links = _run(units, index + 1)
        return [index, *links] if len(links) >= MIN_WEAK_LIST else []
    single = _INVITATION.fullmatch(line) or (
        _INLINE.match(line) and not is_attributed(line) and not ends_sentence(line)
    )
    return [index] if single else []


def _run(units: list[Unit], start: int) -> list[int]:
    """The links and thumbnail descriptions from `start` up to the first line that may be reporting."""
    links: list[int] = []
    for index in range(start, min(start + MAX_LIST, len(units))):
        unit = units[index]
        opens_section = unit.raw.startswith("#") and not units[start].raw.startswith("#")
        if opens_section or not (_is_link(unit) or is_credit(unit) or _describes_thumbnail(units, index, start)):
            break
        links.append(index)
    return links


def _teasers(units: list[Unit], start: int) -> list[int]:
    """Headlines further down a section of teasers: each stands directly above a credit."""
    pairs = enumerate(pairwise(units[start:]), start)
    return [index for index, (unit, below) in pairs if _is_link(unit) and is_credit(below)]


def _is_link(unit: Unit) -> bool:
    """Whether the line could be a bare headline: short, beginning like one, ending neither a sentence nor a caption."""
    line = unit.plain
    if _MARK.fullmatch(line):
        return True
    return (
        unit.words <= MAX_LINK_WORDS
        and not line[0].islower()
        and line[-1] not in ":;,"
        and not ends_sentence(line)
        and not (line[-1] == ")" and split_credit(line)[1])
        and not ('"' in line and is_attributed(line))
    )


def _describes_thumbnail(units: list[Unit], index: int, first: int) -> bool:
    """Whether the line opens a block and a picture's credit stands on the very next line."""
    unit, below = units[index], units[index + 1] if index + 1 < len(units) else None
    opens = index == first or unit.blanks > 0
    credited = below is not None and not below.blanks and is_credit(below) and _PICTURE.match(below.plain.lstrip("(["))
    return bool(opens and credited and unit.words <= MAX_DESCRIPTION_WORDS)
