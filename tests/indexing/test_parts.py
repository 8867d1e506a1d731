"""Generations in parts: what is new is added without touching the rest, and parts become one to stay few."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import LibraryBusy
from corpus.library.lock import exclusive
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.errors import IndexBroken, PublishingFailed
from indexing.generations.carrying_out import carry_out, carry_out_in_other_process
from indexing.generations.manifest import (
    CURRENT,
    FOLDER,
    MANIFEST,
    Manifest,
    current_number,
    generation_folder,
    read_manifest,
)
from indexing.generations.opening import open_current
from indexing.generations.publishing import flush, merge, publish, sizes
from indexing.generations.step import Step
from indexing.generations.tiers import Size, Tiers
from indexing.vectors.plan import BY_SIZE
from tests.indexing.samples import EAGER, LAW, Shelf, texts_of

SIZES = st.lists(
    st.integers(1, 5000).flatmap(lambda passages: st.builds(Size, st.just(passages), st.integers(0, passages))),
    max_size=12,
)
NEVER_MERGED = Tiers(least=0, most=0, times=0)


def flushed(shelf: Shelf, article_id: str, text: str) -> Manifest:
    shelf.put(article_id, text)
    manifest = flush(shelf.library, wait_seconds=5, tiers=EAGER)
    assert manifest is not None
    return manifest


def of_three_parts(shelf: Shelf) -> Manifest:
    flushed(shelf, "a", "The lighthouse burned down.")
    flushed(shelf, "b", "The harbour reopened.")
    return flushed(shelf, "c", "The ferry sailed.")


def inodes(home: Path, manifest: Manifest, part: int) -> set[int]:
    folder = generation_folder(home, manifest.number)
    return {(folder / name).stat().st_ino for name in manifest.files_of(manifest.parts[part])}


@LAW
@given(sizes=SIZES, tiers=st.builds(Tiers, least=st.integers(0, 300), times=st.integers(1, 8)))
def test_merging_as_the_rule_says_ends_with_few_parts_that_hold_little_that_is_gone(
    sizes: list[Size], tiers: Tiers
) -> None:
    total = sum(size.passages - size.gone for size in sizes)
    for _ in range(2 * len(sizes) + 1):
        run = tiers.run_to_merge(sizes)
        if run is None:
            break
        kept = sum(size.passages - size.gone for size in sizes[run.start : run.stop])
        sizes = [*sizes[: run.start], *([Size(kept, 0)] if kept else []), *sizes[run.stop :]]
    assert tiers.run_to_merge(sizes) is None
    live = [size.passages - size.gone for size in sizes]
    assert sum(live) == total
    for at, here in enumerate(live[:-1]):
        assert here > tiers.times * sum(live[at + 1 :])
    assert all(size.gone <= max(tiers.least, size.passages // tiers.share) for size in sizes)


@LAW
@given(flushes=st.integers(1, 300))
def test_a_passage_is_indexed_a_few_times_however_many_come_after_it(flushes: int) -> None:
    tiers, sizes, indexed, each = Tiers(), list[Size](), 0, 2048
    for _ in range(flushes):
        sizes.append(Size(each, 0))
        indexed += each
        while (run := tiers.run_to_merge(sizes)) is not None:
            merged = sum(size.passages for size in sizes[run.start :])
            sizes[run.start :] = [Size(merged, 0)]
            indexed += merged
    levels = 1 + len(f"{flushes:b}") / 2.3
    assert len(sizes) <= levels
    assert indexed / (flushes * each) <= 1 + 4 * levels


def test_a_flush_leaves_the_other_parts_files_as_they_are(shelf: Shelf) -> None:
    first = flushed(shelf, "a", "The lighthouse burned down.")
    second = flushed(shelf, "b", "The harbour reopened.")
    assert (len(first.parts), len(second.parts)) == (1, 2)
    assert second.parts[0] == first.parts[0]
    assert inodes(shelf.home, second, 0) == inodes(shelf.home, first, 0)
    assert second.parts[1].after == first.last_passage_id
    assert texts_of(shelf.index(), "lighthouse harbour") == ["The harbour reopened.", "The lighthouse burned down."]


def test_an_open_index_reads_only_the_parts_that_it_does_not_have(shelf: Shelf) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    before = open_current(shelf.home)
    flushed(shelf, "b", "The harbour reopened.")
    after = open_current(shelf.home, before)
    assert before is not None
    assert after is not None
    assert after.parts[0] is before.parts[0]
    assert len(after.parts) == 2


def test_a_part_of_the_same_place_with_other_contents_is_read(shelf: Shelf) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    before = open_current(shelf.home)
    shelf.put("a", "The lighthouse stands.")
    shutil.rmtree(shelf.home / FOLDER)
    flush(shelf.library, wait_seconds=5, tiers=EAGER)
    after = open_current(shelf.home, before)
    assert before is not None
    assert after is not None
    assert after.parts[0] is not before.parts[0]


def test_nothing_is_flushed_or_merged_that_is_not_due(shelf: Shelf) -> None:
    assert flush(shelf.library, wait_seconds=5) is None
    assert merge(shelf.library, wait_seconds=5) is None
    shelf.put("a", "The lighthouse burned down.")
    assert flush(shelf.library, wait_seconds=5) is not None, "the first part is due with the first passage"
    shelf.put("b", "The harbour reopened.")
    assert flush(shelf.library, wait_seconds=5) is None
    assert merge(shelf.library, wait_seconds=5) is None
    assert current_number(shelf.home) == 1


def test_merged_parts_find_what_they_found_before(shelf: Shelf) -> None:
    of_three_parts(shelf)
    before = texts_of(shelf.index(), "lighthouse harbour ferry")
    merged = merge(shelf.library, wait_seconds=5, tiers=EAGER)
    assert merged is not None
    assert len(merged.parts) == 1
    assert merged.passages == 3
    assert texts_of(shelf.index(), "lighthouse harbour ferry") == before
    assert len(before) == 3


def test_only_the_part_that_lost_passages_is_made_anew(shelf: Shelf) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    shelf.put("b", "The harbour reopened.")
    flushed(shelf, "tunnel", "The tunnel opened.")
    before = flushed(shelf, "c", "The ferry sailed.")
    shelf.remove("b")
    with shelf.library.snapshot() as snapshot:
        assert sizes(snapshot, before) == [Size(1, 0), Size(2, 1), Size(1, 0)]
    merged = merge(shelf.library, wait_seconds=5, tiers=NEVER_MERGED)
    assert merged is not None
    assert [part.passages for part in merged.parts] == [1, 1, 1]
    assert merged.parts[::2] == before.parts[::2]
    assert len(texts_of(shelf.index(), "lighthouse harbour ferry tunnel")) == 3


class Interrupted(Library):
    """Does something else between two snapshots, as another process may at any time."""

    def __init__(self, home: Path, meanwhile: Callable[[], object]) -> None:
        super().__init__(home)
        self._meanwhile: Callable[[], object] | None = meanwhile

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with super().snapshot() as snapshot:
            yield snapshot
        if "_meanwhile" in self.__dict__ and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()


def test_passages_that_are_flushed_while_parts_are_merged_stay_in_the_generation(shelf: Shelf) -> None:
    of_three_parts(shelf)

    def write_and_flush() -> None:
        shelf.put("a", "The lighthouse was rebuilt.")
        flushed(shelf, "d", "The bridge closed.")

    merged = merge(Interrupted(shelf.home, write_and_flush), wait_seconds=5, tiers=EAGER)
    assert merged is not None
    assert len(merged.parts) == 2
    assert texts_of(shelf.index(), "lighthouse harbour ferry bridge") == [
        "The bridge closed.",
        "The ferry sailed.",
        "The harbour reopened.",
        "The lighthouse was rebuilt.",
    ]


def test_a_merge_gives_way_to_indexes_that_were_made_anew_meanwhile(shelf: Shelf) -> None:
    of_three_parts(shelf)
    anew = list[Manifest]()
    other = Interrupted(shelf.home, lambda: anew.append(publish(shelf.library, wait_seconds=5)))
    assert merge(other, wait_seconds=5, tiers=EAGER) is None
    assert read_manifest(shelf.home) == anew[0]
    assert not list((shelf.home / FOLDER).glob("merging-*"))


def test_two_do_not_merge_at_once(shelf: Shelf) -> None:
    of_three_parts(shelf)
    with exclusive(shelf.home / FOLDER, "merge.lock", wait_seconds=0):
        with pytest.raises(LibraryBusy):
            merge(shelf.library, wait_seconds=5, tiers=EAGER)
        for carried_out in (carry_out, carry_out_in_other_process):
            with pytest.raises(LibraryBusy):
                carried_out(Step.MERGE, shelf.library, wait_seconds=5, plan=BY_SIZE)


def test_what_a_crash_left_of_a_merge_is_removed_by_the_next(shelf: Shelf) -> None:
    of_three_parts(shelf)
    (shelf.home / FOLDER / "merging-12345" / "part").mkdir(parents=True)
    merge(shelf.library, wait_seconds=5, tiers=EAGER)
    assert not list((shelf.home / FOLDER).glob("merging-*"))


def as_format_1(shelf: Shelf) -> None:
    """The current generation, which has one part, as an earlier version wrote it."""
    manifest = read_manifest(shelf.home)
    assert manifest is not None
    (part,) = manifest.parts
    folder = generation_folder(shelf.home, manifest.number)
    for inside in (folder / part.folder).iterdir():
        inside.rename(folder / inside.name)
    (folder / part.folder).rmdir()
    raw = json.loads((folder / MANIFEST).read_text())
    raw |= {
        "format": 1,
        "passages": part.passages,
        "files": {name.removeprefix(part.file("")): checksum for name, checksum in manifest.files.items()},
    }
    del raw["parts"]
    (folder / MANIFEST).write_text(json.dumps(raw))
    checksum = sha256((folder / MANIFEST).read_bytes()).hexdigest()
    (shelf.home / FOLDER / CURRENT).write_text(json.dumps({"number": manifest.number, "sha256": checksum}))


def test_a_generation_of_an_earlier_version_is_opened_and_continued(shelf: Shelf) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    as_format_1(shelf)
    assert texts_of(shelf.index(), "lighthouse") == ["The lighthouse burned down."]
    assert len(flushed(shelf, "b", "The harbour reopened.").parts) == 2
    merged = merge(shelf.library, wait_seconds=5, tiers=EAGER)
    assert merged is not None
    assert len(texts_of(shelf.index(), "lighthouse harbour")) == 2


def test_parts_are_not_added_to_the_indexes_of_another_library(shelf: Shelf, tmp_path: Path) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    other = Shelf(tmp_path / "other")
    shutil.copytree(shelf.home / FOLDER, other.home / FOLDER)
    manifest = flushed(other, "b", "The harbour reopened.")
    assert [part.passages for part in manifest.parts] == [1]
    assert texts_of(other.index(), "lighthouse harbour") == ["The harbour reopened."]


def test_a_process_of_its_own_does_the_same(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    for step, number in ((Step.FLUSH, 1), (Step.MERGE, 1), (Step.REBUILD, 2)):
        carry_out_in_other_process(step, shelf.library, wait_seconds=5, plan=BY_SIZE)
        assert current_number(shelf.home) == number
    assert texts_of(shelf.index(), "lighthouse") == ["The lighthouse burned down."]


def test_a_process_that_fails_says_why_and_the_former_generation_stays(shelf: Shelf) -> None:
    flushed(shelf, "a", "The lighthouse burned down.")
    (shelf.home / FOLDER / CURRENT).write_text("nonsense")
    with pytest.raises(PublishingFailed, match="does not name a generation"):
        carry_out_in_other_process(Step.FLUSH, shelf.library, wait_seconds=5, plan=BY_SIZE)
    with pytest.raises(IndexBroken):
        read_manifest(shelf.home)
