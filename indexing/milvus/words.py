"""Our terms as words that Milvus's standard analyzer takes for one token each and leaves as they are."""

import regex

_PLAIN = regex.compile(r"[a-z0-9]+")
_MARK = "zx"
"""Begins what stands for any other term: its UTF-8 bytes in hexadecimal digits."""


def token_of(term: str) -> str:
    """The word that stands for a term: lower-case ASCII letters and digits only, another for each term."""
    if _PLAIN.fullmatch(term) and not term.startswith(_MARK):
        return term
    return _MARK + term.encode().hex()


def term_of(token: str) -> str:
    """The term that a word stands for."""
    return bytes.fromhex(token.removeprefix(_MARK)).decode() if token.startswith(_MARK) else token
