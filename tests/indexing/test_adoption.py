"""A generation published beside an open index: it is loaded while readings go on, and only a sound one is used."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexing import searching
from indexing.generations.generation import Generation, Version
from indexing.generations.in_folder import InFolder
from indexing.generations.manifest import generation_folder
from indexing.generations.opening import open_current
from indexing.generations.publishing import publish
from indexing.searching import SearchIndex
from tests.indexing.samples import Shelf, article, texts_of, uncovered


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about in four seconds")


def number_of(index: SearchIndex) -> int | None:
    with index.reading() as (_, view):
        return None if view.generation is None else view.generation.manifest.number


def test_readings_go_on_while_a_new_generation_is_loaded_and_it_is_used_once_it_is(shelf: Shelf) -> None:
    let_go = threading.Event()
    opened: list[Path] = []

    def slow(home: Path, former: Generation | None) -> Generation | None:
        opened.append(home)
        assert len(opened) == 1 or let_go.wait(10)
        return open_current(home, former)

    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = SearchIndex(shelf.library, identity=shelf.identity, generations=InFolder(shelf.home, open_generation=slow))
    shelf.put("b", "The harbour reopened.")
    publish(shelf.library, wait_seconds=5)
    for number in range(3):
        shelf.put("c", f"The ferry sailed {number} times.")
        assert texts_of(index, "lighthouse harbour ferry") == [
            f"The ferry sailed {number} times.",
            "The harbour reopened.",
            "The lighthouse burned down.",
        ]
        assert number_of(index) == 1
    let_go.set()
    wait_for(lambda: number_of(index) == 2)
    assert len(texts_of(index, "lighthouse harbour ferry")) == 3
    with index.reading() as (_, view):
        assert view.generation is not None
        assert view.generation.manifest.passages == 2
        assert sum(map(len, view.newer)) == 1


def test_a_new_generation_that_is_damaged_is_not_used_and_the_next_one_is(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    folder = generation_folder(shelf.home, publish(shelf.library, wait_seconds=5).number)
    next(folder.glob("*/vectors/vectors.faiss")).write_bytes(b"")
    shelf.put("b", "The harbour reopened.")
    assert len(texts_of(index, "lighthouse harbour")) == 2
    wait_for(lambda: "cannot use the new index generation" in caplog.text)
    assert number_of(index) == 1
    publish(shelf.library, wait_seconds=5)
    shelf.put("c", "The ferry sailed.")
    wait_for(lambda: number_of(index) == 3)
    assert len(texts_of(index, "lighthouse harbour ferry")) == 3


def test_where_much_is_new_the_generation_that_covers_it_is_loaded_at_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_MOST_BESIDE", 5)
    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    shelf.put_all(*(article(f"b{number}", f"The ferry sailed {number} times.") for number in range(6)))
    publish(shelf.library, wait_seconds=5)
    with index.reading() as (_, view):
        assert view.number == 2
        assert view.newer == ()


def test_several_that_adopt_at_once_load_a_generation_once(shelf: Shelf) -> None:
    opened: list[Path] = []

    def counted(home: Path, former: Generation | None) -> Generation | None:
        opened.append(home)
        time.sleep(0.1)
        return open_current(home, former)

    shelf.put("a", "The lighthouse burned down.")
    index = SearchIndex(
        shelf.library, identity=shelf.identity, generations=InFolder(shelf.home, open_generation=counted)
    )
    publish(shelf.library, wait_seconds=5)
    threads = [threading.Thread(target=index.adopt) for _ in range(4)]
    for thread in threads:
        thread.start()
    shelf.put("b", "The harbour reopened.")
    assert len(texts_of(index, "lighthouse harbour")) == 2
    for thread in threads:
        thread.join()
    wait_for(lambda: number_of(index) == 1)
    assert len(opened) == 2, "when it was opened, and when the generation was adopted"


def test_a_generation_that_was_deleted_leaves_the_one_that_is_searched(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    shutil.rmtree(shelf.home / "indexes")
    index.adopt()
    shelf.put("b", "The harbour reopened.")
    assert len(texts_of(index, "lighthouse harbour")) == 2
    assert number_of(index) == 1


def test_a_generation_is_adopted_without_another_write(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    index = shelf.index()
    index.adopt()
    assert number_of(index) is None
    publish(shelf.library, wait_seconds=5)
    assert number_of(index) is None
    index.adopt()
    assert number_of(index) == 1
    with index.reading() as (_, view):
        assert uncovered(view) == 0


def test_a_damaged_generation_after_very_many_new_passages_is_left_alone_too(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_MOST_BESIDE", 0)
    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    shelf.put("b", "The harbour reopened.")
    number = publish(shelf.library, wait_seconds=5).number
    next(generation_folder(shelf.home, number).glob("*/vectors/vectors.faiss")).write_bytes(b"")
    shelf.put("c", "The ferry sailed.")
    for _ in range(2):
        assert len(texts_of(index, "lighthouse harbour ferry")) == 3
    assert (number_of(index), index.refused) == (1, Version(number))


def test_a_generation_that_comes_after_the_last_commit_is_adopted_in_time(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_LOOK_SECONDS", 0.0)
    shelf.put("a", "The lighthouse burned down.")
    index = shelf.index()
    publish(shelf.library, wait_seconds=5)
    wait_for(lambda: number_of(index) == 1)
