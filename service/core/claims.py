"""What a statement claims beside its subject: numbers, names, and whether it denies or supposes."""

import unicodedata

import regex

from indexing.lexical.analysis import analyse
from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from indexing.lexical.words import WORD
from service.core.number_words import NUMBERS

_NUMBER = regex.compile(r"\p{N}+(?:[.,:/]\p{N}+)*")
_FIGURES = {word: figure for word, figure in NUMBERS.items() if word != "one"}
"""Without "one", which is a pronoun as well."""
# an underscore sets a word in italics and is no part of it
_NEGATION = regex.compile(
    r"(?<![^\W_])(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|denied|denies|deny|false)(?![^\W_])"
    r"|n['’]t(?![^\W_])",
    regex.IGNORECASE,
)
_SUPPOSITION = regex.compile(
    r"(?<![^\W_])(?:if|unless|will|would|shall|should|may|might|could|must)(?![^\W_])", regex.IGNORECASE
)


def numbers_of(text: str) -> frozenset[str]:
    """Its numbers in figures, each as a whole: 14.3 is not 14, nor is 1,200 a 1 and a 200."""
    figures = {match.replace(",", "") for match in _NUMBER.findall(unicodedata.normalize("NFKC", text))}
    return frozenset(figures | {_FIGURES[word] for word in map(str.lower, WORD.findall(text)) if word in _FIGURES})


def names_of(sentence: str) -> frozenset[str]:
    """The stems of its words with a capital; of the first one too, unless that is a stop word."""
    words = [word for word in WORD.findall(sentence) if not word.isnumeric()]
    capital = [word for word in words if word[0].isupper() and word.lower() not in _FIGURES]
    if capital and capital[0] == words[0] and words[0].lower() in QUESTION_STOP_WORDS:
        capital = capital[1:]
    return stems_of(" ".join(capital))


def stems_of(text: str) -> frozenset[str]:
    """Its words as names are compared: stemmed, as a name may stand in the genitive or the plural."""
    return frozenset(analyse(unicodedata.normalize("NFKC", text)))


def negated(text: str) -> bool:
    """Whether it says "not" in one of its forms."""
    return _NEGATION.search(text) is not None


def supposes(text: str) -> bool:
    """Whether it speaks of what may be, or asks."""
    return _SUPPOSITION.search(text) is not None or text.rstrip("\"'”’) ").endswith("?")
