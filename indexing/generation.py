"""Index generations: numbered folders that are published in one step and verified before they are read."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from corpus.errors import LibraryUnavailable
from corpus.library.identity import Identity
from corpus.library.lock import exclusive
from corpus.library.reading import Library
from indexing.durable import replace_file, sync, sync_tree
from indexing.encoders.protocol import passage_input
from indexing.encoders.source import file_sha256
from indexing.errors import IndexBroken
from indexing.lexical import tantivy as lexical_backend
from indexing.lexical.protocol import LexicalIndex
from indexing.vectors import faiss as vector_backend
from indexing.vectors.plan import BY_SIZE, EXACT, Built, Plan, built_of
from indexing.vectors.protocol import VectorIndex

FORMAT = 1
FOLDER = "indexes"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
_LOCK = "publish.lock"
_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation covers, what it was made with, and the checksum of each of its files."""

    number: int
    library_id: str
    commit: int
    """The library's commit it was made from; later ones are not in it."""
    commit_token: str
    """That commit's token, which another history of the library does not have."""
    last_passage_id: int
    """Passages with a higher id are not in it."""
    passages: int
    identity: Identity
    files: dict[str, str]
    """SHA-256 of each file, by its path inside the generation's folder."""
    vectors: Built = EXACT
    """What the vector index is; exact in generations of a Byline that built no other."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published pair of indexes, open for searching."""

    manifest: Manifest
    vectors: VectorIndex
    lexical: LexicalIndex


def publish(library: Library, *, wait_seconds: float, plan: Plan = BY_SIZE) -> Manifest:
    """Builds a generation from everything searchable in the library and makes it the current one.

    Encodes nothing. Until the last step a crash leaves the former generation in place. Raises LibraryBusy when another
    process is publishing for longer than `wait_seconds`, LibraryUnavailable when it cannot be
    written, and whatever reading the library raises.
    """
    root = library.home / FOLDER
    with exclusive(root, _LOCK, wait_seconds=wait_seconds):
        for leftover in root.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover)
        building = root / f"{_UNFINISHED}{os.getpid()}"
        former = _pointed_at(library.home)
        number = 1 + max((other for _, other in _generations(root)), default=0)
        try:
            manifest = _build(library, building, number, plan=plan)
            text = _dump(manifest)
            (building / MANIFEST).write_text(text)
            sync_tree(building)
            building.rename(root / _name(number))
            sync(root)
            replace_file(root / CURRENT, json.dumps({"number": number, "sha256": sha256(text.encode()).hexdigest()}))
        except (OSError, RuntimeError, ValueError) as error:
            # FAISS raises RuntimeError and tantivy ValueError when a disk is full
            raise LibraryUnavailable(root, f"cannot write an index generation: {error}") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
        for folder, other in _generations(root):
            if other not in {number, former}:
                shutil.rmtree(folder)
    return manifest


def current_number(home: Path) -> int | None:
    """The number of the current generation; None when none was ever published. Raises IndexBroken."""
    pointer = _pointer(home)
    return None if pointer is None else pointer[0]


def read_manifest(home: Path) -> Manifest | None:
    """The current generation's manifest, its own checksum compared. Raises IndexBroken."""
    pointer = _pointer(home)
    if pointer is None:
        return None
    number, expected = pointer
    folder = home / FOLDER / _name(number)
    try:
        text = (folder / MANIFEST).read_text()
        if sha256(text.encode()).hexdigest() != expected:
            raise IndexBroken(folder, f"{MANIFEST} is not the one that was published")
        raw = json.loads(text)
        if raw.pop("format") != FORMAT:
            raise IndexBroken(folder, "it has another version's format")
        return Manifest(**{**raw, "identity": Identity(**raw["identity"]), "vectors": built_of(raw.get("vectors", {}))})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexBroken(folder, f"{MANIFEST} cannot be read ({error})") from error


def open_current(home: Path) -> Generation | None:
    """The current generation, every checksum compared before a backend reads a byte; None when there is none.

    Raises IndexBroken when there is one that cannot be trusted.
    """
    manifest = read_manifest(home)
    if manifest is None:
        return None
    folder = home / FOLDER / _name(manifest.number)
    check_files(folder, manifest)
    try:
        vectors = vector_backend.load(folder / "vectors", built=manifest.vectors)
        return Generation(manifest, vectors, lexical_backend.load(folder / "lexical"))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise IndexBroken(folder, f"a backend cannot read it ({error})") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises IndexBroken unless every file of the generation is there with the checksum it was published with."""
    for name, expected in manifest.files.items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise IndexBroken(folder, f"{name} cannot be read ({error})") from error
        if found != expected:
            raise IndexBroken(folder, f"{name} is damaged: its checksum is not the published one")


def generation_folder(home: Path, number: int) -> Path:
    """Where generation `number` of the library in `home` is."""
    return home / FOLDER / _name(number)


def _build(library: Library, folder: Path, number: int, *, plan: Plan) -> Manifest:
    vectors_folder, lexical_folder = folder / "vectors", folder / "lexical"
    vectors_folder.mkdir(parents=True)
    lexical_folder.mkdir()
    with library.snapshot() as snapshot:
        library_id, commit, identity = snapshot.library_id, snapshot.commit, snapshot.identity
        token = snapshot.token_of(commit) or ""
        last = snapshot.last_passage_id()
        passages = snapshot.vectors_after(0)
    vectors = vector_backend.build(passages.ids, passages.vectors, plan=plan)
    vectors.save(vectors_folder)
    texts = [passage_input(title, text) for title, text in zip(passages.titles, passages.texts, strict=True)]
    lexical_backend.build(passages.ids, texts, lexical_folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return Manifest(
        number=number,
        library_id=library_id,
        commit=commit,
        commit_token=token,
        last_passage_id=last,
        passages=len(passages.ids),
        identity=identity,
        files={path.relative_to(folder).as_posix(): file_sha256(path) for path in files},
        vectors=vectors.built,
    )


def _pointer(home: Path) -> tuple[int, str] | None:
    file = home / FOLDER / CURRENT
    try:
        raw = json.loads(file.read_text())
        return int(raw["number"]), str(raw["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexBroken(file, f"it does not name a generation ({error})") from error


def _dump(manifest: Manifest) -> str:
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1)


def _name(number: int) -> str:
    return f"generation-{number:08d}"


def _generations(root: Path) -> list[tuple[Path, int]]:
    """Every generation's folder with its number."""
    numbered = ((folder, folder.name.removeprefix("generation-")) for folder in root.glob("generation-*"))
    return [(folder, int(number)) for folder, number in numbered if number.isdecimal()]


def _pointed_at(home: Path) -> int | None:
    """The current generation, which a reader may be about to open; a damaged pointer counts as none."""
    try:
        return current_number(home)
    except IndexBroken:
        return None
