"""Index generations: published in one step, verified before they are read, and never confused with having none."""

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from corpus.errors import LibraryBroken, LibraryBusy, LibraryMissing
from corpus.library.lock import exclusive
from corpus.library.mark import remove_mark
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from indexing.errors import IndexBroken
from indexing.generations import opening
from indexing.generations.manifest import CURRENT, FOLDER, MANIFEST, current_number, generation_folder, read_manifest
from indexing.generations.opening import check_files, open_current
from indexing.generations.publishing import publish
from indexing.ranking import Selection
from indexing.searching import SearchIndex
from tests.indexing.samples import Shelf, article

TEXTS = {
    "harbour": "The harbour reopened on Tuesday. Cranes were checked.",
    "council": "The council voted against the budget. The minister resigned.",
    "ferry": "Two ferries stayed in port. The strike ends on Friday.",
}
FILES = [
    *(f"*/lexical/{name}" for name in (".managed.json", "meta.json", "totals.json")), "*/vectors/vectors.faiss",
    *(f"*/lexical/*.{suffix}" for suffix in ("fast", "fieldnorm", "idx", "pos", "store", "term")),
]  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    filled = Shelf(tmp_path / "library")
    filled.put_all(*(article(name, text) for name, text in TEXTS.items()))
    return filled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with generation 1, to be copied: publishing waits for the disk many times."""
    home = tmp_path_factory.mktemp("template") / "library"
    filled = Shelf(home)
    filled.put_all(*(article(name, text) for name, text in TEXTS.items()))
    publish(filled.library, wait_seconds=5)
    filled.close()
    return home


@pytest.fixture
def published(template: Path, tmp_path: Path) -> Shelf:
    shutil.copytree(template, tmp_path / "published")
    return Shelf(tmp_path / "published")


def first_folder(shelf: Shelf) -> Path:
    return generation_folder(shelf.home, 1)


def publish_from(shelf: Shelf) -> Path:
    """The folder of a new generation."""
    return generation_folder(shelf.home, publish(shelf.library, wait_seconds=5).number)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def folders(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in (shelf.home / FOLDER).iterdir() if path.is_dir())


def finds(shelf: Shelf, words: str) -> bool:
    index = shelf.index()
    with index.reading() as (_, view):
        return len(view.by_words(words.split(), k=5)) > 0


def test_what_was_published_is_what_is_opened(shelf: Shelf) -> None:
    manifest = publish(shelf.library, wait_seconds=5)
    with shelf.library.snapshot() as snapshot:
        assert manifest.library_id == snapshot.library_id
        assert manifest.commit == snapshot.commit
        assert manifest.last_passage_id == snapshot.last_passage_id()
        assert manifest.identity == snapshot.identity == shelf.identity
        passages = snapshot.vectors_after(0)
    opened = open_current(shelf.home)
    assert opened is not None
    assert opened.manifest == read_manifest(shelf.home) == manifest
    assert current_number(shelf.home) == manifest.number == 1
    (part,) = opened.parts
    assert len(part) == len(part.vectors) == manifest.passages == len(passages.ids)
    for number, vector in zip(passages.ids.tolist(), passages.vectors.astype("float32"), strict=True):
        assert part.vectors.search(vector, k=1, selection=Selection()).ids.tolist() == [number]
    statistics = part.lexical.statistics(["harbour"])
    found = part.lexical.search(["harbour"], k=5, selection=Selection(), statistics=statistics)
    assert "harbour" in passages.texts[passages.ids.tolist().index(int(found.ids[0]))]


def test_the_words_of_the_title_are_searchable_with_every_passage(shelf: Shelf) -> None:
    shelf.put("titled", "It reopened. It was checked.", title="Lighthouse")
    publish(shelf.library, wait_seconds=5)
    assert finds(shelf, "lighthous")


def test_an_empty_library_can_be_published_and_opened(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    manifest = publish(shelf.library, wait_seconds=5)
    opened = open_current(tmp_path)
    assert opened is not None
    assert (manifest.passages, manifest.last_passage_id, opened.parts) == (0, 0, ())


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


def test_no_pointer_means_no_generation_and_everything_is_still_found(shelf: Shelf, published: Shelf) -> None:
    (published.home / FOLDER / CURRENT).unlink()
    for each in (shelf, published):
        assert current_number(each.home) is None
        assert open_current(each.home) is None
        assert finds(each, "harbour")


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


def test_a_crash_while_building_leaves_the_former_generation_and_the_next_publishing_cleans_up(
    published: Shelf,
) -> None:
    unfinished = published.home / FOLDER / "unfinished-12345"
    (unfinished / "vectors").mkdir(parents=True)
    (unfinished / "vectors" / "vectors.faiss").write_bytes(b"half")
    opened = open_current(published.home)
    assert opened is not None
    assert opened.manifest.number == 1
    assert finds(published, "harbour")
    assert publish(published.library, wait_seconds=5).number == 2
    assert folders(published) == ["generation-00000001", "generation-00000002"]


def test_a_crash_before_the_pointer_is_swapped_leaves_the_former_generation(published: Shelf) -> None:
    pointer = (published.home / FOLDER / CURRENT).read_bytes()
    published.put("later", "The lighthouse burned down.")
    publish_from(published)
    (published.home / FOLDER / CURRENT).write_bytes(pointer)
    (published.home / FOLDER / f"{CURRENT}.new").write_text("half a poin")
    opened = open_current(published.home)
    assert opened is not None
    assert opened.manifest.number == 1
    assert finds(published, "lighthous"), "what the former generation does not cover comes from the library"
    assert publish(published.library, wait_seconds=5).number == 3
    assert finds(published, "lighthous")


def test_the_current_generation_and_the_one_before_are_kept_and_older_ones_deleted(shelf: Shelf) -> None:
    for number in range(1, 5):
        assert publish(shelf.library, wait_seconds=5).number == number
    assert folders(shelf) == ["generation-00000003", "generation-00000004"]
    assert current_number(shelf.home) == 4


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


def test_opening_and_searching_change_no_file_of_the_generation(published: Shelf) -> None:
    folder = first_folder(published)
    before = content(folder)
    for _ in range(2):
        assert finds(published, "harbour")
    manifest = read_manifest(published.home)
    assert manifest is not None
    after = content(folder)
    assert {name: after[name] for name in (*manifest.files, MANIFEST)} == {
        name: before[name] for name in (*manifest.files, MANIFEST)
    }
    check_files(folder, manifest.files)


def test_publishing_waits_for_another_that_publishes_and_says_who_it_is(shelf: Shelf) -> None:
    with (
        exclusive(shelf.home / FOLDER, "publish.lock", wait_seconds=0),
        pytest.raises(LibraryBusy, match="process"),
    ):
        publish(shelf.library, wait_seconds=0.05)


def test_writing_goes_on_while_a_generation_is_published(shelf: Shelf) -> None:
    with exclusive(shelf.home / FOLDER, "publish.lock", wait_seconds=0):
        shelf.put("later", "The lighthouse burned down.")
    assert finds(shelf, "lighthous")


def test_publishing_encodes_nothing_and_needs_no_encoder(shelf: Shelf) -> None:
    library = Library(shelf.home)
    assert publish(library, wait_seconds=5).passages > 0


def test_there_is_nothing_to_publish_without_a_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        publish(Library(tmp_path), wait_seconds=5)


def test_opening_never_fails_while_generations_come_and_go(shelf: Shelf) -> None:
    failures: list[Exception] = []
    stop = threading.Event()

    def keep_opening() -> None:
        while not stop.is_set():
            try:
                assert open_current(shelf.home) is not None
            except Exception as error:  # noqa: BLE001 - whatever it is, the main thread shows it
                failures.append(error)
                return

    publish(shelf.library, wait_seconds=5)
    readers = [threading.Thread(target=keep_opening) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(4):
        publish(shelf.library, wait_seconds=5)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []


def test_a_generation_that_is_removed_while_it_is_opened_gives_way_to_the_newest(
    published: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a large one takes long enough for two newer ones to be published."""
    checked = list[Path]()

    def slow(folder: Path, files: dict[str, str]) -> None:
        checked.append(folder)
        if len(checked) == 1:
            for _ in range(2):
                publish(published.library, wait_seconds=5)
        check_files(folder, files)

    monkeypatch.setattr(opening, "check_files", slow)
    opened = open_current(published.home)
    assert opened is not None
    assert opened.manifest.number == 3
    assert len(checked) == 2
