"""Index generations: published in one step, opened while others come and go, and cleaned up after a crash."""

import threading
from pathlib import Path

import pytest

from corpus.errors import LibraryBusy, LibraryMissing
from corpus.library.lock import exclusive
from corpus.library.reading import Library
from indexing.generations import opening
from indexing.generations.manifest import CURRENT, FOLDER, MANIFEST, current_number, read_manifest
from indexing.generations.opening import check_files, open_current
from indexing.generations.publishing import publish
from indexing.ranking import Selection
from tests.indexing.samples import Shelf, content, filled, finds, first_folder, publish_from


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return filled(tmp_path / "library")


def folders(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in (shelf.home / FOLDER).iterdir() if path.is_dir())


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


def test_no_pointer_means_no_generation_and_everything_is_still_found(shelf: Shelf, published: Shelf) -> None:
    (published.home / FOLDER / CURRENT).unlink()
    for each in (shelf, published):
        assert current_number(each.home) is None
        assert open_current(each.home) is None
        assert finds(each, "harbour")


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
