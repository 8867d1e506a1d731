"""What a sentence's wording tells: whether it holds a reason, a time or a number, and whether it leans on another."""

import re

_KINDS = (
    (
        re.compile(r"\bwhy\b", re.IGNORECASE),
        re.compile(
            r"\b(because|since|so that|in order|fear\w*|due to|owing|reason|result|therefore|avoid)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\bwhen\b|\b(what|which) (year|date|day|month)\b", re.IGNORECASE),
        re.compile(
            r"\b(\d{4}|(jan|febr)uary|march|april|may|june|july|august|(septem|octo|novem|decem)ber"
            r"|(mon|tues|wednes|thurs|fri|satur|sun)day|year|month)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\bhow (many|much|old|long|far|often)\b|\b(what|which) (number|percent|share)\b", re.IGNORECASE),
        re.compile(
            r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twice|once|dozen|hundred|thousand)\b",
            re.IGNORECASE,
        ),
    ),
)
_PRONOUN = re.compile(r"\W{0,3}(he|she|they|it|his|her|their|its|this|these|those)\b", re.IGNORECASE)


def opens_with_pronoun(sentence: str) -> bool:
    """Whether the sentence begins with a word that stands for something named before it."""
    return _PRONOUN.match(sentence) is not None


def has_cue(question: str, sentence: str) -> bool:
    """True if the sentence holds such words; False if it does not or the question asks for nothing of these kinds."""
    return any(asks.search(question) and holds.search(sentence) for asks, holds in _KINDS)
