"""Bringing Milvus up to date with the library: rows first, and only then the record that says they are there.

Every step may be done twice, broken off and begun again, by several processes at a time. A row is of a passage, which
never changes, and stored under its id; a record stays true whatever is published after it, as readers leave out newer
ids and what was taken out since. So the order of two records tells nothing but which is read. What one process could
store anew after another has taken it out is taken out again at the end, by what the library says then; rows that differ
all the same, as after a process was killed between the two, are found by counting and mended by comparing ids.
"""

from collections.abc import Set
from dataclasses import replace
from itertools import pairwise

from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.errors import IndexBroken
from indexing.generations.history import goes_on_in, manifest_of
from indexing.generations.manifest import Manifest, PartManifest
from indexing.generations.tiers import TIERS, Tiers
from indexing.milvus.client import Client
from indexing.milvus.collections import described_passages, family, left_for, new_name
from indexing.milvus.filling import BLOCK, Start, checked, filled
from indexing.milvus.record import Record, read_record, write_record
from indexing.vectors.plan import Built, Kind

_FOLLOWED_SECONDS = 60.0
"""In which every reader has found out that there is another collection: they look every few seconds."""
_UNNUMBERED = 0
"""A record gets its number when it is written."""


def publish_whole(client: Client, library: Library, *, over_others: bool = True, block: int = BLOCK) -> Manifest:
    """Makes a new collection of everything searchable, and that the current one; runs no encoder.

    Not, unless `over_others`, where another was made meanwhile that can be gone on from: then that one's record is
    given. `block` passages are stored at once. Readers go on with the former collection, which is removed by one that
    is made later. Raises MilvusError, LibraryBroken for a passage without a vector, and IndexBroken where Milvus
    does not keep what it is given or the library is restored meanwhile.
    """
    with library.snapshot() as snapshot:
        begun, dim = manifest_of(snapshot, number=_UNNUMBERED), snapshot.identity.dim
    former = _readable(client, library)
    name = new_name(client.address, begun.library_id)
    client.create(name, described_passages(client.address, dim=dim))
    manifest, tokens = filled(client, library, name, Start(0, begun.commit, 0), begun=begun, block=block)
    # sealed, which has Milvus index them
    client.flush(name)
    record = checked(client, library, Record(_in(name, manifest), client.address.index, tokens))
    if not over_others and (other := _other(client, library, former)) is not None:
        client.drop(name)
        return other.manifest
    written = write_record(client, record)
    _drop_former(client, begun.library_id, kept={name, former.collection if former else name})
    return written.manifest


def _other(client: Client, library: Library, former: Record | None) -> Record | None:
    """What is published and can be gone on from, if it is not in the former collection."""
    now = _readable(client, library)
    if now is None or (former is not None and now.collection == former.collection):
        return None
    with library.snapshot() as snapshot:
        return _continued(now, snapshot)


def _drop_former(client: Client, library_id: str, *, kept: Set[str]) -> None:
    """Removes what was left for another collection so long ago that every reader has followed."""
    names = sorted(name for name in client.names() if name.startswith(family(client.address, library_id)))
    for name, follower in pairwise(names):
        if name not in kept and left_for(follower) > _FOLLOWED_SECONDS:
            client.drop(name)


def flush(client: Client, library: Library, *, tiers: Tiers = TIERS, block: int = BLOCK) -> Manifest | None:
    """Stores what is newer than the record and takes out what is gone, if that is due; None where it is not.

    Costs what has changed. Raises what `publish_whole` raises.
    """
    record = _current(client, library)
    with library.snapshot() as snapshot:
        former, begun = _continued(record, snapshot), manifest_of(snapshot, number=_UNNUMBERED)
        if former is None:
            waiting, gone = begun.last_passage_id, 0
        else:
            last = former.manifest.last_passage_id
            waiting = len(snapshot.searchable(after=last, until=begun.last_passage_id))
            gone = len(snapshot.retired_after(former.manifest.commit, until=last))
    covered = 0 if former is None else former.manifest.passages
    if not tiers.flush_due(waiting + gone, covered=covered):
        return None
    if former is None:
        return publish_whole(client, library, over_others=False, block=block)
    return _brought_up(client, library, former, begun, block=block)


def mend(client: Client, library: Library, *, block: int = BLOCK) -> Manifest | None:
    """Brings Milvus up to date whatever rows it has: a row too many or too few costs comparing ids, no more.

    None where there is nothing to be mended: no collection of this library as it is now.
    """
    record = _current(client, library)
    with library.snapshot() as snapshot:
        former, begun = _continued(record, snapshot), manifest_of(snapshot, number=_UNNUMBERED)
    if former is None or former.collection not in client.names():
        return None
    return _brought_up(client, library, former, begun, block=block)


def _current(client: Client, library: Library) -> Record | None:
    """The library's record. A snapshot that is taken afterwards sees the commit that it names."""
    with library.snapshot() as snapshot:
        library_id = snapshot.library_id
    return read_record(client, library_id)


def _continued(record: Record | None, snapshot: Snapshot) -> Record | None:
    """The record if its collection can be added to."""
    return record if record is not None and goes_on_in(record.manifest, snapshot) else None


def _brought_up(client: Client, library: Library, former: Record, begun: Manifest, *, block: int) -> Manifest:
    name, before = former.collection, former.manifest
    start = Start(before.last_passage_id, before.commit, former.tokens)
    manifest, tokens = filled(client, library, name, start, begun=begun, block=block)
    record = checked(client, library, Record(_in(name, manifest), former.index, tokens))
    now = read_record(client, manifest.library_id)
    if now is not None and now.collection != name:
        # a rebuild has ended meanwhile, and whoever asked for it was told so
        return now.manifest
    if now is not None and _reach(now.manifest) > _reach(manifest):
        return now.manifest
    return write_record(client, record).manifest


def _reach(manifest: Manifest) -> tuple[int, int]:
    return manifest.last_passage_id, manifest.commit


def _in(name: str, manifest: Manifest) -> Manifest:
    """The manifest with this collection as its part; how many passages that has is not known yet."""
    part = PartManifest(name, 0, manifest.last_passage_id, manifest.commit, 0, Built(Kind.MILVUS))
    return replace(manifest, parts=(part,))


def _readable(client: Client, library: Library) -> Record | None:
    try:
        return _current(client, library)
    except IndexBroken:
        return None
