"""Publishing generations: written aside, synced, renamed, and then one pointer swapped.

Until that last step a crash leaves the former generation in place. Nothing here runs an encoder.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from corpus.durable import replace_file, sync, sync_tree
from corpus.errors import LibraryUnavailable
from corpus.library.lock import exclusive
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.errors import IndexBroken
from indexing.generations.building import Made, part_of, stage
from indexing.generations.history import goes_on_in, manifest_of
from indexing.generations.manifest import (
    CURRENT,
    FOLDER,
    MANIFEST,
    Manifest,
    PartManifest,
    current_number,
    generation_folder,
    generations,
    pointer_to,
    read_manifest,
    written,
)
from indexing.generations.tiers import TIERS, Size, Tiers
from indexing.vectors.plan import BY_SIZE, Plan

_LOCK = "publish.lock"
_MERGE_LOCK = "merge.lock"
_MERGED_WAIT_SECONDS = 600.0
# what the names of folders begin with in which a process builds
_UNFINISHED = "unfinished-"
_MERGING = "merging-"
_PART = "part"
"""The folder of a new part in there."""

_Parts = tuple[tuple[PartManifest, ...], dict[str, str]]
"""A generation's parts and all of their files."""


def publish(library: Library, *, wait_seconds: float, plan: Plan = BY_SIZE) -> Manifest:
    """Makes everything searchable in the library one part, and that the current generation.

    Raises LibraryBusy when another process is publishing for longer than `wait_seconds`, LibraryUnavailable when the
    generation cannot be written, and whatever reading the library raises.
    """
    with _publishing(library.home, wait_seconds=wait_seconds) as folder:
        return _publish_whole(library, folder, plan)


def flush(library: Library, *, wait_seconds: float, plan: Plan = BY_SIZE, tiers: Tiers = TIERS) -> Manifest | None:
    """Makes a new part of what the current generation does not cover, if that is due; None where it is not.

    Costs what the new passages cost. Raises what `publish` raises, and IndexBroken.
    """
    home = library.home
    with _publishing(home, wait_seconds=wait_seconds) as folder:
        with library.snapshot() as snapshot:
            former, last = continued(home, snapshot), snapshot.last_passage_id()
            if former is not None:
                waiting = len(snapshot.searchable(after=former.last_passage_id, until=last))
                if not tiers.flush_due(waiting, covered=former.passages):
                    return None
                staged = stage(snapshot, folder / _PART, after=former.last_passage_id, until=last)
                next_one = manifest_of(snapshot, number=_next_number(home))
        if former is None:
            return _publish_whole(library, folder, plan) if last else None
        parts, files = _linked(home, former, former.parts, folder)
        made = None if staged is None else part_of(staged, plan=plan)
        parts, files = _with(made, parts, files, folder, number=next_one.number)
        return _put_in_place(home, folder, replace(next_one, parts=parts, files=files))


def merge(library: Library, *, wait_seconds: float, plan: Plan = BY_SIZE, tiers: Tiers = TIERS) -> Manifest | None:
    """Makes some parts of the current generation one if the rule of `tiers` says so; None where it does not.

    Other processes go on flushing meanwhile. Raises LibraryBusy when another process merges already, and what `flush`
    raises.
    """
    home = library.home
    root = home / FOLDER
    with exclusive(root, _MERGE_LOCK, wait_seconds=0), _room(root, _MERGING) as folder:
        with library.snapshot() as snapshot:
            former = continued(home, snapshot)
            run = None if former is None else tiers.run_to_merge(sizes(snapshot, former))
            if former is None or run is None:
                return None
            merged = former.parts[run.start : run.stop]
            staged = stage(snapshot, folder / _PART, after=merged[0].after, until=merged[-1].last_passage_id)
            commit, token = snapshot.commit, snapshot.token
        made = None if staged is None else part_of(staged, plan=plan)
        # what took minutes is not given up for a flush that takes seconds
        with _publishing(home, wait_seconds=max(wait_seconds, _MERGED_WAIT_SECONDS)) as building:
            current = read_manifest(home)
            if current is None or not _contains(current, former, merged):
                return None
            number = _next_number(home)
            first = next(at for at, part in enumerate(current.parts) if part.after == merged[0].after)
            kept = current.parts[:first], current.parts[first + len(merged) :]
            before, after = (_linked(home, current, some, building) for some in kept)
            parts, files = _with(made, *before, building, number=number)
            manifest = replace(current, number=number, parts=(*parts, *after[0]), files={**files, **after[1]})
            if commit > current.commit:
                manifest = replace(manifest, commit=commit, commit_token=token)
            return _put_in_place(home, building, manifest)


def sizes(snapshot: Snapshot, manifest: Manifest) -> list[Size]:
    """Of the generation's parts, as the snapshot sees them."""
    return [
        Size(
            part.passages,
            len(snapshot.retired_after(part.commit, after=part.after, until=part.last_passage_id)),
        )
        for part in manifest.parts
    ]


@contextmanager
def _publishing(home: Path, *, wait_seconds: float) -> Iterator[Path]:
    """An empty folder to build in, while no other process publishes."""
    with exclusive(home / FOLDER, _LOCK, wait_seconds=wait_seconds), _room(home / FOLDER, _UNFINISHED) as folder:
        yield folder


@contextmanager
def _room(root: Path, prefix: str) -> Iterator[Path]:
    """An empty folder of this process's, after those that crashed ones left were removed; gone when the block ends."""
    folder = root / f"{prefix}{os.getpid()}"
    try:
        for leftover in root.glob(f"{prefix}*"):
            shutil.rmtree(leftover)
        folder.mkdir()
        yield folder
    except (OSError, RuntimeError, ValueError) as error:
        # FAISS raises RuntimeError and tantivy ValueError when a disk is full
        raise LibraryUnavailable(root, f"cannot write an index generation: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish_whole(library: Library, folder: Path, plan: Plan) -> Manifest:
    with library.snapshot() as snapshot:
        next_one = manifest_of(snapshot, number=_next_number(library.home))
        staged = stage(snapshot, folder / _PART, after=0, until=next_one.last_passage_id)
    made = None if staged is None else part_of(staged, plan=plan)
    parts, files = _with(made, (), {}, folder, number=next_one.number)
    return _put_in_place(library.home, folder, replace(next_one, parts=parts, files=files))


def continued(home: Path, snapshot: Snapshot) -> Manifest | None:
    """The current generation's manifest if parts can be added to it: if it is of this library as it is now."""
    manifest = read_manifest(home)
    return manifest if manifest is not None and goes_on_in(manifest, snapshot) else None


def _contains(current: Manifest, former: Manifest, parts: Sequence[PartManifest]) -> bool:
    return all(part in current.parts and current.files_of(part) == former.files_of(part) for part in parts)


def _linked(home: Path, former: Manifest, parts: Iterable[PartManifest], folder: Path) -> _Parts:
    """These parts of the former generation, their files now in `folder` as well."""
    kept, files = list[PartManifest](), dict[str, str]()
    for part in parts:
        # a part of format 1 had no folder of its own
        moved = replace(part, folder=part.folder or _name(former.number))
        for name, checksum in former.files_of(part).items():
            inside = moved.file(name.removeprefix(part.file("")))
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            _link(generation_folder(home, former.number) / name, folder / inside)
            files[inside] = checksum
        kept.append(moved)
    return tuple(kept), files


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        # not every file system has hard links
        shutil.copyfile(source, target)


def _with(
    made: Made | None, parts: tuple[PartManifest, ...], files: dict[str, str], folder: Path, *, number: int
) -> _Parts:
    """The parts with a new one at the end, moved into `folder`."""
    if made is None:
        return parts, files
    made.at.rename(folder / _name(number))
    part, added = made.named(_name(number))
    return (*parts, part), {**files, **added}


def _put_in_place(home: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Makes what `folder` holds the current generation, and removes all but the former one."""
    root = home / FOLDER
    former = _pointed_at(home)
    (folder / MANIFEST).write_text(written(manifest))
    sync_tree(folder)
    folder.rename(generation_folder(home, manifest.number))
    sync(root)
    replace_file(root / CURRENT, pointer_to(manifest))
    for other, number in generations(root):
        if number not in {manifest.number, former}:
            shutil.rmtree(other)
    return manifest


def _next_number(home: Path) -> int:
    return 1 + max((number for _, number in generations(home / FOLDER)), default=0)


def _name(number: int) -> str:
    """The folder of the part that generation `number` came with."""
    return f"part-{number:08d}"


def _pointed_at(home: Path) -> int | None:
    """The current generation, which a reader may be about to open; a damaged pointer counts as none."""
    try:
        return current_number(home)
    except IndexBroken:
        return None
