"""Bytes by what they are for add up to the files that are there."""

from pathlib import Path

from corpus.library.sqlite import schema
from eval.cost.sizes import report, sizes_of
from indexing.generations.manifest import FOLDER
from indexing.generations.publishing import publish
from tests.indexing.samples import Shelf, article


def test_every_page_of_the_database_and_every_index_is_counted_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_all(*(article(f"a{n}", f"Ferry {n} sank off the harbour wall. " * 3) for n in range(50)))
    publish(shelf.library, wait_seconds=5)
    shelf.library.close()
    sizes = sizes_of(tmp_path)
    assert sizes.passages == 50 * 3
    assert set(sizes.database) == {"vectors", "word pieces", "texts", "passages, articles"}
    assert sum(sizes.database.values()) == schema.database(tmp_path).stat().st_size
    (folder,) = (tmp_path / FOLDER).glob("generation-*")
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json")
    assert sum(sizes.indexes.values()) == there
    assert len(report(sizes).splitlines()) == 2 + 5 + 3
