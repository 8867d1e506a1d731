"""The words of an answer, as answers are compared by them."""

import unicodedata

import regex

_MARKER = regex.compile(r"(?<!\s)\s*\[\d+\]")
_BETWEEN_WORDS = regex.compile(r"[–—―/…]")
_PUNCTUATION = regex.compile(r"[\p{P}\p{S}]+")
_ARTICLES = frozenset({"a", "an", "the"})


def words(text: str) -> list[str]:
    """The words that count, in order: citation markers such as [1], punctuation, case and articles do not."""
    spaced = _BETWEEN_WORDS.sub(" ", _MARKER.sub("", text))
    plain = unicodedata.normalize("NFKC", spaced).casefold()
    # an apostrophe or hyphen inside a word joins it, as in SQuAD's script
    return [word for word in _PUNCTUATION.sub("", plain).split() if word not in _ARTICLES]
