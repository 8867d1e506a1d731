"""Values as every database takes them: PostgreSQL has no text with a NUL character, and no limit below zero."""

from corpus.article import why_unstorable

NUL = "\x00"
"""Nothing that is stored has one."""
LAST_ID = 2**63 - 1
"""The highest id there can be."""


def could_be_stored(*values: str) -> bool:
    """Whether something that is stored could be equal to these."""
    return all(why_unstorable(value) is None for value in values)


def up_to_nul(value: str) -> str:
    """What the same stored text comes after: no NUL is in it, so none lies between a text and that text with a NUL."""
    return value.partition(NUL)[0]


def at_most(limit: int) -> int:
    """For LIMIT: -1 is for all."""
    return LAST_ID if limit < 0 else limit
