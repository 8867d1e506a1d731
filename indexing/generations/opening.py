"""Opening the current generation: nothing is read before its checksum was compared."""

from pathlib import Path

from indexing.checksum import file_sha256
from indexing.errors import IndexBroken
from indexing.generations.generation import Generation, Part
from indexing.generations.manifest import Manifest, PartManifest, current_number, generation_folder, read_manifest
from indexing.lexical import tantivy as lexical_backend
from indexing.vectors import choose

VECTORS, LEXICAL = "vectors", "lexical"
"""The folders of a part's two indexes."""


def open_current(home: Path, former: Generation | None = None) -> Generation | None:
    """The current generation, every checksum compared before a backend reads a byte; None when there is none.

    Parts that an open `former` generation has, too, are taken from it and not read again. Raises IndexBroken when
    there is a generation that cannot be trusted.
    """
    while (number := current_number(home)) is not None:
        try:
            return _opened_current(home, former)
        except IndexBroken:
            # opening takes long enough for two newer ones to be published, after which its files are removed
            if current_number(home) == number:
                raise
    return None


def _opened_current(home: Path, former: Generation | None) -> Generation | None:
    manifest = read_manifest(home)
    if manifest is None:
        return None
    folder = generation_folder(home, manifest.number)
    open_already = {} if former is None else {_contents(former.manifest, part.manifest): part for part in former.parts}
    parts = []
    for part in manifest.parts:
        known = open_already.get(_contents(manifest, part))
        parts.append(known or _opened(folder, part, manifest.files_of(part)))
    return Generation(manifest, tuple(parts), folder)


def check_files(folder: Path, files: dict[str, str]) -> None:
    """Raises IndexBroken unless every one of these files is there with the checksum it was published with."""
    for name, expected in files.items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise IndexBroken(folder, f"{name} cannot be read ({error})") from error
        if found != expected:
            raise IndexBroken(folder, f"{name} is damaged: its checksum is not the published one")


def _opened(folder: Path, part: PartManifest, files: dict[str, str]) -> Part:
    check_files(folder, files)
    try:
        vectors = choose.load(folder / part.file(VECTORS), built=part.vectors)
        return Part(part, vectors, lexical_backend.load(folder / part.file(LEXICAL)))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise IndexBroken(folder, f"a backend cannot read it ({error})") from error


def _contents(manifest: Manifest, part: PartManifest) -> tuple[PartManifest, frozenset[tuple[str, str]]]:
    return part, frozenset(manifest.files_of(part).items())
