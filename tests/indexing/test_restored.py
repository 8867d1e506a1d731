"""An index that is open while a backup is restored: it goes over to the other history, and finds nothing of its own."""

from pathlib import Path

import pytest

from corpus.library.sqlite.copying import copy_out, put_back
from indexing.errors import IndexBroken
from indexing.generations.publishing import publish
from tests.indexing.samples import Shelf, texts_of


def test_a_restored_library_is_searched_whatever_its_commits_are_numbered(tmp_path: Path) -> None:
    """An index that is open goes over to another history, of fewer, as many or more commits."""
    shelf = Shelf(tmp_path / "library")
    shelf.put("a", "The lighthouse burned down.")
    kept = tmp_path / "kept.sqlite3"
    copy_out(shelf.home, kept)
    index = shelf.index()
    for later in range(4):
        for number in range(later):
            shelf.put(f"b{number}", f"The harbour number {number} reopened.")
            assert len(texts_of(index, "harbour")) == number + 1
        put_back(shelf.home, kept, wait_seconds=5)
        assert texts_of(index, "harbour lighthouse") == ["The lighthouse burned down."]
        for number in range(3 - later):
            shelf.put(f"c{number}", f"The ferry number {number} sailed.")
        assert len(texts_of(index, "harbour ferry lighthouse")) == 4 - later
        put_back(shelf.home, kept, wait_seconds=5)
        # as many commits as the index has seen, and others
        for number in range(3 - later):
            shelf.put(f"d{number}", f"The tunnel number {number} opened.")
        assert texts_of(index, "ferry") == []
        assert len(texts_of(index, "tunnel lighthouse")) == 4 - later


def test_indexes_of_another_history_are_refused_by_an_index_that_is_open_until_they_are_made_anew(
    tmp_path: Path,
) -> None:
    shelf = Shelf(tmp_path / "library")
    shelf.put("a", "The lighthouse burned down.")
    copy_out(shelf.home, tmp_path / "kept.sqlite3")
    shelf.put("b", "The harbour reopened.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    put_back(shelf.home, tmp_path / "kept.sqlite3", wait_seconds=5)
    shelf.put("c", "The ferry sailed.")
    with pytest.raises(IndexBroken, match="another history"):
        texts_of(index, "harbour")
    publish(shelf.library, wait_seconds=5)
    assert texts_of(index, "harbour lighthouse ferry") == ["The ferry sailed.", "The lighthouse burned down."]
