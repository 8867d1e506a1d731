"""What there is to do for a generation."""

from enum import StrEnum


class Step(StrEnum):
    """One of the things that keep the current generation up to date."""

    FLUSH = "flush"
    """Makes what is newer a part of it."""
    MERGE = "merge"
    """Makes some of its parts one."""
    REBUILD = "rebuild"
    """For one that cannot be trusted."""
