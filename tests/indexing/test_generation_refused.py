"""A generation that is damaged, of another version or of another library is refused, and never taken for none."""

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from corpus.errors import LibraryBroken
from corpus.library.mark import remove_mark
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from indexing.errors import IndexBroken
from indexing.generations.manifest import CURRENT, FOLDER, MANIFEST, current_number, read_manifest
from indexing.generations.opening import open_current
from indexing.generations.publishing import publish
from indexing.searching import SearchIndex
from tests.indexing.samples import TEXTS, Shelf, content, filled, finds, first_folder, publish_from

FILES = [
    *(f"*/lexical/{name}" for name in (".managed.json", "meta.json", "totals.json")), "*/vectors/vectors.faiss",
    *(f"*/lexical/*.{suffix}" for suffix in ("fast", "fieldnorm", "idx", "pos", "store", "term")),
]  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return filled(tmp_path / "library")


def test_every_file_of_a_generation_but_lock_files_is_in_the_manifest(published: Shelf) -> None:
    manifest = read_manifest(published.home)
    assert manifest is not None
    found = content(first_folder(published))
    assert {name for name in found if not name.endswith(".lock")} == {*manifest.files, MANIFEST}
    for name, checksum in manifest.files.items():
        assert sha256(found[name]).hexdigest() == checksum


def one_file(folder: Path, pattern: str) -> Path:
    (file,) = folder.glob(pattern)
    return file


def test_the_kinds_of_files_listed_here_are_all_there_are(published: Shelf) -> None:
    folder = first_folder(published)
    assert {one_file(folder, pattern) for pattern in FILES} == {
        folder / name for name in content(folder) if name != MANIFEST and not name.endswith(".lock")
    }


@pytest.mark.parametrize("pattern", FILES)
def test_any_flipped_byte_of_a_file_is_caught_naming_it(published: Shelf, pattern: str) -> None:
    folder = first_folder(published)
    file = one_file(folder, pattern)
    whole = file.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(IndexBroken, match="damaged") as caught:
            open_current(published.home)
        assert file.name in str(caught.value)
        assert caught.value.place == folder
    file.write_bytes(whole)
    assert open_current(published.home) is not None


@pytest.mark.parametrize("pattern", [*FILES, MANIFEST])
def test_a_damaged_or_missing_file_is_a_broken_index_and_never_an_empty_one(published: Shelf, pattern: str) -> None:
    file = one_file(first_folder(published), pattern)
    whole = file.read_bytes()
    for changed in (whole[:-1], b"", whole + b"\0", None):
        if changed == whole:
            continue
        if changed is None:
            file.unlink()
        else:
            file.write_bytes(changed)
        with pytest.raises(IndexBroken, match="byline rebuild"):
            open_current(published.home)
        with pytest.raises(IndexBroken):
            published.index()
    file.mkdir()
    with pytest.raises(IndexBroken):
        open_current(published.home)


@pytest.mark.parametrize("name", [CURRENT, f"generation-00000001/{MANIFEST}"])
def test_any_flipped_byte_of_the_pointer_or_the_manifest_is_caught(published: Shelf, name: str) -> None:
    file = published.home / FOLDER / name
    whole = file.read_bytes()
    for at in range(0, len(whole), 1 + len(whole) // 150):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(IndexBroken):
            open_current(published.home)


@pytest.mark.parametrize(
    "pointer", ["", "1", "[]", "null", "{}", '{"number": 1}', '{"number": null, "sha256": "x"}', "\x80", '{"number": 7']
)
def test_a_pointer_that_names_no_generation_is_broken_not_missing(published: Shelf, pointer: str) -> None:
    (published.home / FOLDER / CURRENT).write_bytes(pointer.encode("latin-1"))
    with pytest.raises(IndexBroken):
        current_number(published.home)
    with pytest.raises(IndexBroken):
        published.index()


def test_a_pointer_to_a_generation_that_is_gone_is_broken(published: Shelf) -> None:
    shutil.rmtree(first_folder(published))
    with pytest.raises(IndexBroken, match=MANIFEST):
        open_current(published.home)


def test_a_broken_generation_is_replaced_by_publishing_again(published: Shelf) -> None:
    folder = first_folder(published)
    one_file(folder, "*/vectors/vectors.faiss").write_bytes(b"")
    (published.home / FOLDER / CURRENT).write_text("nonsense")
    assert publish(published.library, wait_seconds=5).number == 2
    assert finds(published, "harbour")


def test_a_generation_of_another_version_is_broken(published: Shelf) -> None:
    folder = first_folder(published)
    raw = json.loads((folder / MANIFEST).read_text())
    text = json.dumps({**raw, "format": 99})
    (folder / MANIFEST).write_text(text)
    pointer = {"number": 1, "sha256": sha256(text.encode()).hexdigest()}
    (published.home / FOLDER / CURRENT).write_text(json.dumps(pointer))
    with pytest.raises(IndexBroken, match="another version"):
        open_current(published.home)


def test_another_librarys_generation_is_refused_by_name(published: Shelf, tmp_path: Path) -> None:
    other = Shelf(tmp_path / "other")
    other.put("harbour", TEXTS["harbour"])
    shutil.copytree(published.home / FOLDER, other.home / FOLDER)
    with pytest.raises(IndexBroken, match="another library"):
        other.index()


def test_a_generation_of_a_later_commit_than_the_library_has_is_refused(shelf: Shelf) -> None:
    shelf.library.close()
    with closing(sqlite3.connect(schema.database(shelf.home))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = schema.database(shelf.home).read_bytes()
    later = Shelf(shelf.home)
    later.put("later", "The lighthouse burned down.")
    publish_from(later)
    later.close()
    with closing(sqlite3.connect(schema.database(shelf.home))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    schema.database(shelf.home).write_bytes(backup)
    with pytest.raises(LibraryBroken, match="acknowledged"):
        Library(shelf.home)
    # as who put the older file there by hand is told to
    remove_mark(shelf.home)
    with pytest.raises(IndexBroken, match="newer than the library"):
        SearchIndex(Library(shelf.home), identity=shelf.identity)
