"""What a published generation is once it is open for searching, whoever opened it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from indexing.generations.manifest import Manifest, PartManifest
from indexing.lexical.protocol import LexicalSearch
from indexing.ranking import Ids
from indexing.vectors.protocol import VectorSearch


@dataclass(frozen=True, slots=True)
class Version:
    """Tells a generation from every other one of its library."""

    number: int
    """Higher than those before it."""
    mark: str = ""
    """Tells apart those to which machines that do not wait for each other gave the same number."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a generation, open for searching."""

    manifest: PartManifest
    vectors: VectorSearch
    lexical: LexicalSearch

    def __len__(self) -> int:
        return self.manifest.passages


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A published generation, open for searching."""

    manifest: Manifest
    parts: tuple[Part, ...]
    place: Path | str
    """Where it is, for errors."""
    in_place: ClassVar[bool] = False
    """Whether passages are added to its one part and taken out of that, by which its index may be ahead of a view, or
    behind; it then filters by itself, too."""

    @property
    def version(self) -> Version:
        """Which one it is."""
        return Version(self.manifest.number)

    def live(self, gone: Ids) -> int:
        """How many passages it has without those that are gone."""
        return self.manifest.passages - len(gone)

    def check(self) -> None:
        """Raises what a search would raise if it cannot be searched now: never, for what is open in this process."""
