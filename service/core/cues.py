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


_LEANING = re.compile(
    r"\b(he|him|his|she|her|hers|they|them|their|theirs|it|its|this|that|these|those|there|then|one|ones|same|else)\b"
    r"|^\W{0,3}(and|but|or|so|what about|how about|why|when|where|who|how|which)\b\W{0,3}$"
    r"|^\W{0,3}(and|but|or|so|also|what about|how about)\b",
    re.IGNORECASE,
)


def leans_on_history(question: str) -> bool:
    """Whether a question stands for more than it says: it has a pronoun, or goes on from something said before.

    Any other question is taken as it stands, so that what was talked about before does not become its answer.
    """
    return _LEANING.search(question) is not None


def has_cue(question: str, sentence: str) -> bool:
    """True if the sentence holds such words; False if it does not or the question asks for nothing of these kinds."""
    return any(asks.search(question) and holds.search(sentence) for asks, holds in _KINDS)
