"""How the rules write their patterns: one alternative a line, case ignored, every repetition bounded."""

import re

DASH = r"[-\u2013\u2014]"
"""Hyphen, en dash, em dash."""
NETWORK = (
    r"(?:twitter|x|facebook|instagram|threads|bluesky|linkedin|tiktok|youtube|whatsapp|telegram|mastodon|reddit|snapchat"
    r"|pinterest|flipboard|messenger|google news|apple news|e-?mail|social media|social)"
)
"""Where pages ask to be followed and shared."""

_ATTRIBUTED = re.compile(
    r"\b(?:said|says|saying|told|tells|according to|wrote|writes|added|argued?|argues|claimed|claims|warned|warns"
    r"|announced|reported that|admitted|explained|insisted|asked|urged|urges|ruled|stated|denied|testified)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]{0,400}\"|“[^”]{0,400}”")
_CLOSING = "\"”\u2019')]}*_ "


def one_of(*alternatives: str, then: str = "") -> re.Pattern[str]:
    """A pattern that matches any of the alternatives, each followed by `then`."""
    return re.compile(f"(?:{'|'.join(alternatives)}){then}", re.IGNORECASE)


def is_attributed(line: str) -> bool:
    """Whether a verb of saying stands in it."""
    return _ATTRIBUTED.search(line) is not None


def is_reported(line: str) -> bool:
    """Whether somebody is cited: a quotation, or a verb of saying."""
    return "“" in line or '"' in line or is_attributed(line)


def without_quotations(line: str) -> str:
    """`line` with every quotation blanked, its length kept."""
    return _QUOTED.sub(lambda match: " " * len(match.group()), line)


def ends_sentence(line: str) -> bool:
    """Whether the last character, closing quotes aside, is a full stop (an ellipsis is not)."""
    bare = line.rstrip(_CLOSING)
    return bare.endswith(".") and not bare.endswith("..")
