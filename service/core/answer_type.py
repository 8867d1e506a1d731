"""What kind of thing a question asks for, and whether a text holds one."""

from enum import StrEnum

import regex

from service.core.dates import MONTHS
from service.core.number_words import ONE_TO_TWELVE


class Kind(StrEnum):
    """A kind of thing that can be asked for and recognised."""

    NUMBER = "number"
    TIME = "time"
    NAME = "name"


_ASKS = {
    Kind.NUMBER: regex.compile(
        r"\bhow (many|much|old|long|far|often|big|large|high|tall)\b"
        r"|\b(what|which) (number|percent|percentage|share|age)\b",
        regex.IGNORECASE,
    ),
    Kind.TIME: regex.compile(r"\bwhen\b|\b(what|which) (year|date|day|month|time)\b", regex.IGNORECASE),
    Kind.NAME: regex.compile(
        r"\b(who|whose|whom|where|name)\b|\b(what|which) (country|city|town|village|place|state)\b", regex.IGNORECASE
    ),
}
_UP_TO_TEN = list(ONE_TO_TWELVE)[:10]
"""Those that the estimate of `answerable` was fitted with."""
_HOLDS = {
    Kind.NUMBER: regex.compile(
        rf"\d|\b({'|'.join(_UP_TO_TEN)}|twice|once|dozens?|hundreds?|thousands?|millions?)\b",
        regex.IGNORECASE,
    ),
    Kind.TIME: regex.compile(
        r"\b\d{4}|\d\s?[ap]\.?m\b"
        rf"|\b({'|'.join(MONTHS)}"
        r"|(mon|tues|wednes|thurs|fri|satur|sun)day|years?|months?|weeks?|days?|hours?|minutes?"
        r"|night|morning|noon|evening|today|yesterday)\b",
        regex.IGNORECASE,
    ),
    # a capital that no sentence begins with, or a letter of a script that has none
    Kind.NAME: regex.compile(r"(?<=[\w,;:'’\"“(] )[\p{Lu}\p{Lt}\p{Lo}]|(?<=['’\"“(])[\p{Lu}\p{Lt}\p{Lo}]"),
}


def asked_kind(question: str) -> Kind | None:
    """The kind of thing that is asked for, if the wording tells."""
    return next((kind for kind, asks in _ASKS.items() if asks.search(question)), None)


def holds(kind: Kind, text: str) -> bool:
    """Whether something of this kind stands in the text."""
    return _HOLDS[kind].search(text) is not None
