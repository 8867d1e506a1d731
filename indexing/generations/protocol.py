"""Where the generations of a library are published and found."""

from typing import Protocol

from corpus.library.reading import Library
from indexing.generations.generation import Generation, Version
from indexing.generations.manifest import Manifest
from indexing.generations.step import Step


class Generations(Protocol):
    """One library's generations. What is newer than the current one is not its business: a view has that."""

    def current(self) -> Version | None:
        """Which generation is the current one; None when none was ever published. Costs next to nothing.

        Raises IndexBroken.
        """
        ...

    def open(self, former: Generation | None) -> Generation | None:
        """The current generation, open for searching; None when there is none.

        What a `former` one that is open has, too, is taken from it. Raises IndexBroken when there is one that cannot be
        trusted.
        """
        ...

    def publish(self, library: Library, *, wait_seconds: float) -> Manifest:
        """Makes everything searchable a generation anew, whatever there was. Raises as `publishing.publish` does."""
        ...

    def carry_out(self, step: Step, library: Library, *, wait_seconds: float, in_other_process: bool) -> None:
        """Does it if there is something to do, in a new process if it is to be done `in_other_process`.

        Raises LibraryBusy where another process is at it, and what `publish` raises.
        """
        ...

    def mended(self, library: Library, *, wait_seconds: float) -> bool:
        """Mends a current generation that cannot be trusted, as far as that takes less than to publish anew.

        Returns whether it did. Raises what `publish` raises.
        """
        ...
