"""When passages become a part of the generation, and which parts are made one: the rule alone, without any files.

Every part is kept more than four times as large as all newer ones together. So there are few of them, a passage is
indexed a few times in its life however large the collection grows, and what is held in memory stays small. After
O'Neil, Cheng, Gawlick and O'Neil, "The log-structured merge-tree" (1996).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Of a part."""

    passages: int
    gone: int
    """Of these, taken out of search since it was made."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """The rule, with its numbers."""

    least: int = 256
    """Passages that are worth a part, and taken-out ones that are worth making a part anew."""
    most: int = 2048
    """Passages that are held in memory at most before a part is made of them: they are compared one by one."""
    share: int = 8
    """A part is made anew when an eighth of it was taken out of search; so is a new one of an eighth as many."""
    times: int = 4
    """How much larger a part is than all newer ones together."""

    def flush_due(self, waiting: int, *, covered: int) -> bool:
        """Whether a part is to be made of passages that are in none, beside `covered` ones that are in some.

        The first part is due with the first passage.
        """
        return waiting > (min(max(self.least, covered // self.share), self.most) if covered else 0)

    def run_to_merge(self, sizes: Sequence[Size]) -> range | None:
        """The parts, which follow each other, that are to be made one; a run of one part is one to be made anew."""
        newer = sum(size.passages - size.gone for size in sizes)
        for first, size in enumerate(sizes[:-1]):
            live = size.passages - size.gone
            newer -= live
            if live <= self.times * newer:
                return range(first, len(sizes))
        for number, size in enumerate(sizes):
            if size.gone > max(self.least, size.passages // self.share):
                return range(number, number + 1)
        return None


TIERS = Tiers()
