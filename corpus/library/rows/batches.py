"""Ids bound to a statement, so many at a time."""

from collections.abc import Iterator, Sequence

_VARIABLES = 500
"""SQLite's own limit is 32,766; a short statement is parsed faster."""


def batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids, as plain numbers."""
    for at in range(0, len(ids), _VARIABLES):
        yield [int(number) for number in ids[at : at + _VARIABLES]]


def marks(values: Sequence[object]) -> str:
    """A question mark for each value, for a list of them."""
    return ",".join("?" * len(values))
