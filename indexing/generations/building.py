"""Making the two indexes over some of a library's passages, which are read a few thousand at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from corpus.library.snapshot import Snapshot
from indexing.checksum import file_sha256
from indexing.encoders.protocol import passage_input
from indexing.generations.manifest import PartManifest
from indexing.generations.opening import LEXICAL, VECTORS
from indexing.lexical import tantivy as lexical_backend
from indexing.ranking import Ids
from indexing.vectors import choose
from indexing.vectors.plan import Plan

_BLOCK = 4096
"""Passages read at once: some 8 MB."""
_STAGED = "staged.f16"


@dataclass(frozen=True, slots=True)
class Made:
    """A part on disk that no generation has yet."""

    at: Path
    """Its folder."""
    part: PartManifest
    """Without a folder yet."""
    files: dict[str, str]
    """SHA-256 of each file, by its path inside its folder."""

    def named(self, folder: str) -> tuple[PartManifest, dict[str, str]]:
        """The part, and its files by their paths in a generation, in which it has this folder."""
        part = replace(self.part, folder=folder)
        return part, {part.file(name): checksum for name, checksum in self.files.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """All that was to be read of the library for a part."""

    at: Path
    """Its folder, in which the BM25 index is done and the vectors lie ready."""
    after: int
    until: int
    commit: int
    ids: Ids
    dim: int


def stage(snapshot: Snapshot, folder: Path, *, after: int, until: int) -> Staged | None:
    """Reads the searchable passages whose ids are above `after` and at most `until`, and indexes their words.

    None where there are none. Raises OSError or ValueError (tantivy) when it cannot be written, and LibraryBroken for a
    passage without a vector.
    """
    ids = snapshot.searchable(after=after, until=until)
    if not len(ids):
        return None
    for name in (VECTORS, LEXICAL):
        (folder / name).mkdir(parents=True)
    # written and only then mapped: to write through a map to a full disk ends the process
    with (folder / _STAGED).open("wb") as staged:
        lexical_backend.build(ids, _texts(snapshot, staged, after=after, until=until), folder / LEXICAL)
    return Staged(folder, after, until, snapshot.commit, ids, snapshot.identity.dim)


def part_of(staged: Staged, *, plan: Plan) -> Made:
    """Indexes the vectors, which takes longest and needs the library no more.

    Raises OSError or RuntimeError (FAISS) when it cannot be written.
    """
    folder = staged.at
    stored = np.memmap(folder / _STAGED, np.float16, "r", shape=(len(staged.ids), staged.dim))
    vectors = choose.build(staged.ids, stored, plan=plan)
    vectors.save(folder / VECTORS)
    (folder / _STAGED).unlink()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    part = PartManifest(
        folder="",
        after=staged.after,
        last_passage_id=staged.until,
        commit=staged.commit,
        passages=len(staged.ids),
        vectors=vectors.built,
    )
    return Made(folder, part, {path.relative_to(folder).as_posix(): file_sha256(path) for path in files})


def _texts(snapshot: Snapshot, staged: BinaryIO, *, after: int, until: int) -> Iterator[str]:
    """The passages' texts in order of their ids; on the way their vectors are written to `staged`."""
    while len((block := snapshot.vectors_after(after, until=until, limit=_BLOCK)).ids):
        staged.write(block.vectors.tobytes())
        after = int(block.ids[-1])
        yield from (passage_input(title, text) for title, text in zip(block.titles, block.texts, strict=True))
