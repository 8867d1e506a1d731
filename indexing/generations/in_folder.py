"""The generations in a library's own folder: FAISS and tantivy, in this process and on this machine."""

from collections.abc import Callable
from pathlib import Path

from corpus.library.reading import Library
from indexing.generations.carrying_out import carry_out, carry_out_in_other_process
from indexing.generations.generation import Generation, Version
from indexing.generations.manifest import Manifest, current_number
from indexing.generations.opening import open_current
from indexing.generations.publishing import publish
from indexing.generations.step import Step
from indexing.vectors.plan import BY_SIZE, Plan

OpenGeneration = Callable[[Path, Generation | None], Generation | None]
"""Opens the current generation of the library in a folder; takes from a former one what is in both."""


class InFolder:
    """Publishes into `home` and finds there what was published."""

    def __init__(self, home: Path, *, plan: Plan = BY_SIZE, open_generation: OpenGeneration = open_current) -> None:
        self._home = home
        self._plan = plan
        self._open_generation = open_generation

    def current(self) -> Version | None:
        """Reads the pointer."""
        number = current_number(self._home)
        return None if number is None else Version(number)

    def open(self, former: Generation | None) -> Generation | None:
        """Compares every checksum before a backend reads a byte."""
        return self._open_generation(self._home, former)

    def publish(self, library: Library, *, wait_seconds: float) -> Manifest:
        """Makes one part of everything."""
        return publish(library, wait_seconds=wait_seconds, plan=self._plan)

    def carry_out(self, step: Step, library: Library, *, wait_seconds: float, in_other_process: bool) -> None:
        """Raises PublishingFailed, too, where another process did it and failed."""
        carried_out = carry_out_in_other_process if in_other_process else carry_out
        carried_out(step, library, wait_seconds=wait_seconds, plan=self._plan)

    def mended(self, library: Library, *, wait_seconds: float) -> bool:  # noqa: ARG002 - of the protocol
        """Never: a file that differs from its checksum is made anew or not used."""
        return False
