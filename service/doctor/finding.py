"""What every check gives."""

from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    check: str
    _: KW_ONLY
    promise: int | None
    """Number of the promise it checks; None for what else a service needs to run: files, keys, room on the disk."""
    checked: int
    unit: str
    problems: tuple[str, ...] = ()
    remedy: str | None = None
    """What to do about the problems."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems
