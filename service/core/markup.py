"""Words of others in an answer: no program that shows Markdown or HTML is to make links or pictures of them."""

import regex

_LINK = regex.compile(r"\](?=[(\[:])")
"""What an address, or the name of one, has to stand directly behind."""
_TAG = regex.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS_PARTS = ("//", "www.", "](", "mailto:", "data:", "javascript:")
_AROUND = "()[]<>{}\"'“”‘’.,;:!?*_`"


def without_links(words: str) -> str:
    """The words, with another bracket where a link, picture or tag would be; the addresses stay to be read.

    Character for character, so that positions hold.
    """
    return _TAG.sub("\u2039", _LINK.sub(")", words))


def addresses(words: str) -> list[str]:
    """Every word that a program might take for an address, without the punctuation around it."""
    return [word.strip(_AROUND) for word in words.split() if any(part in word.lower() for part in _ADDRESS_PARTS)]
