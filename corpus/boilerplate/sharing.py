"""Prompts to share, follow, sign up for newsletters or install an app, and the places of advertisements."""

from corpus.article import Skip, SkipReason
from corpus.boilerplate.patterns import DASH, NETWORK, is_reported, one_of
from corpus.boilerplate.units import Unit

MAX_WORDS = 45
"""Longer than this, an invitation to sign up is an article about one."""
SHORT_WORDS = 14
"""An invitation this short need not say who speaks."""
BUTTON_WORDS = 2

_NETWORKS = rf"{NETWORK}(?:(?:, and |, | and | & | or |/){NETWORK}){{0,6}}(?: (?:at |@)[\w@./]{{1,40}})?"
_LINE = one_of(
    rf"(?:please )?(?:follow|like|find|join|connect with) us(?: (?:here|now|also))?(?: (?:on|at|via) {_NETWORKS})?",
    rf"follow (?:[^\s.]{{1,25}} ){{1,6}}on {_NETWORKS}",
    r"share (?:this|the) (?:article|story|post|page|video|news|with (?:your )?friends)"
    rf"(?: (?:on|via|by|with) {NETWORK})?",
    rf"share (?:on|via|by|to) {NETWORK}",
    r"copy link|link copied|print this (?:article|page|story)|e-?mail this (?:article|story|page)(?: to a friend)?",
    r"send this to a friend|save (?:this )?article|save for later",
    r"(?:download|get|install|try) (?:our|the) (?:[^\s.]{1,20} ){0,4}app(?: (?:here|now|today|for free))?",
    r"sign up(?: (?:here|now|today|below|free|for free))?",
    r"(?:please )?enter (?:a valid|your) e-?mail(?: address)?|thank(?:s| you) for (?:signing up|subscribing)",
    r"by (?:signing up|subscribing|registering),? (?:you|i) (?:agree|accept|confirm|consent)\b.{0,200}",
    r"this site is protected by recaptcha\b.{0,120}",
    then=r"[.!:]?",
)
_LONE_BUTTON = one_of(r"share(?: this)?", r"tweet(?: this)?")
_BUTTON = one_of(
    NETWORK, r"share", r"tweet", r"print", r"copy(?: link)?", r"save", r"bookmark", r"pin(?: it)?", r"more"
)
_INVITATION = one_of(
    r"(?:sign up|subscribe|register) (?:to|for|here|now|today|free)\b",
    r"(?:join|get|receive|want|download|install|listen to) "
    r"(?:our|the|all|more|a|free|your|breaking|exclusive|daily|weekly)\b",
    r"stay (?:up to date|up-to-date|informed|in the (?:know|loop)|ahead|connected)\b",
    r"(?:never|don't) miss\b|enter your\b|click here\b|start your day\b|keep up\b|be the first\b",
)
_OBJECT = one_of(
    r"\bnewsletters?\b|\byour inbox\b|\bmailing list\b",
    r"\b(?:e-?mail|breaking news|news|push) (?:alerts?|notifications?|updates?)\b",
    r"\bour (?:[a-z]{1,15} ){0,3}(?:app|podcast|briefing|channel|bulletin|e-?mails?|round-?up)\b",
    r"\b(?:whatsapp|telegram|youtube) channel\b",
)
_OWN_VOICE = one_of(r"\b(?:our|us|we|your?)\b")
_INBOX = one_of(r"\b(?:straight|direct|directly|delivered|sent) (?:in)?to your (?:inbox|e-?mail|phone)\b")
_NEWS = one_of(r"\b(?:news|newsletters?|stories|headlines|briefing|our)\b")
_ADVERTISEMENT = one_of(
    rf"(?:advertisement|ad)s?(?: ?(?:[:.]|{DASH})? ?(?:scroll to continue|continue reading below))?",
    r"advertising|sponsored(?: content)?|paid (?:content|post)",
    r"(?:story|article) continues (?:below|after)(?: (?:this )?(?:ad|advertisement|video))?",
    r"continue reading(?: (?:the main story|below))?|skip (?:ad|advertisement|past newsletter promotion)",
    r"after newsletter promotion",
    then=r"[.!:]?",
)


def sharing_prompts(units: list[Unit]) -> dict[int, Skip]:
    """Prompts on lines of their own, and rows of sharing buttons next to one."""
    found: dict[int, Skip] = {}
    for index, unit in enumerate(units):
        if _ADVERTISEMENT.fullmatch(unit.plain):
            found[index] = unit.skip(SkipReason.LINKS)
        elif _is_prompt(unit):
            found[index] = unit.skip(SkipReason.SHARING)
    for order in (range(len(units)), range(len(units) - 1, -1, -1)):
        for index in order:
            beside = found.get(index - order.step)
            if index not in found and beside and beside.reason is SkipReason.SHARING and _is_button(units[index]):
                found[index] = units[index].skip(SkipReason.SHARING)
    return found


def _is_button(unit: Unit) -> bool:
    return unit.words <= BUTTON_WORDS and _BUTTON.fullmatch(unit.plain) is not None


def _is_prompt(unit: Unit) -> bool:
    line = unit.plain
    if unit.words > MAX_WORDS or is_reported(line):
        return False
    if _LINE.fullmatch(line) or _LONE_BUTTON.fullmatch(line) or (_INBOX.search(line) and _NEWS.search(line)):
        return True
    addressed = unit.words <= SHORT_WORDS or _OWN_VOICE.search(line)
    return bool(addressed and _INVITATION.match(line) and _OBJECT.search(line))
