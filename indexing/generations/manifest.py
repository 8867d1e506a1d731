"""What a generation says of itself, and the pointer that names the current one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus.library.identity import Identity
from indexing.errors import IndexBroken
from indexing.vectors.plan import Built, built_of

FORMAT = 2
"""1 had one part, whose files stood in the generation's own folder."""
FOLDER = "indexes"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class PartManifest:
    """One of the parts that a generation consists of: both indexes over passages whose ids follow each other."""

    folder: str
    """Inside the generation's; empty for one of format 1."""
    after: int
    """Its passages have higher ids than this."""
    last_passage_id: int
    """And none has a higher one than this."""
    commit: int
    """The library's commit that it was made from."""
    passages: int
    vectors: Built
    """What the vector index is."""

    def file(self, name: str) -> str:
        """The path of one of its files or folders inside the generation's folder."""
        return f"{self.folder}/{name}" if self.folder else name


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation covers, what it was made with, and the checksum of each of its files."""

    number: int
    library_id: str
    commit: int
    """The library's last commit that is in it."""
    commit_token: str
    """That commit's token, which another history of the library does not have."""
    last_passage_id: int
    """Passages with a higher id are not in it."""
    identity: Identity
    parts: tuple[PartManifest, ...]
    """In order of their passages' ids; one without passages is left out."""
    files: dict[str, str]
    """SHA-256 of each file, by its path inside the generation's folder."""

    @property
    def passages(self) -> int:
        """Passages in all parts, those that were taken out of search since included."""
        return sum(part.passages for part in self.parts)

    def files_of(self, part: PartManifest) -> dict[str, str]:
        """The files of one part, as `files` has them."""
        inside = part.file("")
        return {name: checksum for name, checksum in self.files.items() if name.startswith(inside)}


def read_manifest(home: Path) -> Manifest | None:
    """The current generation's manifest, its own checksum compared; None when none was ever published.

    Raises IndexBroken.
    """
    pointer = _pointer(home)
    if pointer is None:
        return None
    number, expected = pointer
    folder = generation_folder(home, number)
    try:
        text = (folder / MANIFEST).read_text()
        if sha256(text.encode()).hexdigest() != expected:
            raise IndexBroken(folder, f"{MANIFEST} is not the one that was published")
        return manifest_in(text)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexBroken(folder, f"{MANIFEST} cannot be read ({error})") from error


def manifest_in(text: str) -> Manifest:
    """What `written` wrote. Raises ValueError, KeyError, TypeError or AttributeError."""
    raw = json.loads(text)
    written_as = raw.pop("format")
    if written_as not in {1, FORMAT}:
        raise ValueError("it has another version's format")
    return _parsed(_of_one_part(raw) if written_as == 1 else raw)


def written(manifest: Manifest) -> str:
    """The manifest as its file holds it."""
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1)


def pointer_to(manifest: Manifest) -> str:
    """What the pointer's file holds when this is the current generation's manifest."""
    return json.dumps({"number": manifest.number, "sha256": sha256(written(manifest).encode()).hexdigest()})


def current_number(home: Path) -> int | None:
    """The number of the current generation; None when none was ever published. Raises IndexBroken."""
    pointer = _pointer(home)
    return None if pointer is None else pointer[0]


def generation_folder(home: Path, number: int) -> Path:
    """Where generation `number` of the library in `home` is."""
    return home / FOLDER / f"generation-{number:08d}"


def generations(root: Path) -> list[tuple[Path, int]]:
    """The folder and the number of every generation there is."""
    numbered = ((folder, folder.name.removeprefix("generation-")) for folder in root.glob("generation-*"))
    return [(folder, int(number)) for folder, number in numbered if number.isdecimal()]


def _pointer(home: Path) -> tuple[int, str] | None:
    file = home / FOLDER / CURRENT
    try:
        raw = json.loads(file.read_text())
        return int(raw["number"]), str(raw["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexBroken(file, f"it does not name a generation ({error})") from error


def _parsed(raw: Mapping[str, Any]) -> Manifest:
    parts = tuple(PartManifest(**{**part, "vectors": built_of(part["vectors"])}) for part in raw["parts"])
    return Manifest(**{**raw, "identity": Identity(**raw["identity"]), "parts": parts})


def _of_one_part(raw: dict[str, Any]) -> dict[str, Any]:
    """What a manifest of format 1 says, in the words of this one."""
    passages, vectors = raw.pop("passages"), raw.pop("vectors", {})
    part = {
        "folder": "",
        "after": 0,
        "last_passage_id": raw["last_passage_id"],
        "commit": raw["commit"],
        "passages": passages,
        "vectors": vectors,
    }
    return {**raw, "parts": [part] if passages else []}
