"""Bringing the engine up to date with the library: rows first, and only then the record that says they are there.

Every step may be done twice, broken off and begun again, by several processes at a time. A row is of a passage, which
never changes, and stored under its id; a record stays true whatever is published after it, as readers leave out newer
ids and what was taken out since. So the order of two records tells nothing but which is read. What one process could
store anew after another has taken it out is taken out again at the end, by what the library says then; rows that differ
all the same, as after a process was killed between the two, are found by counting and mended by comparing ids.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import passage_input
from indexing.errors import IndexBroken
from indexing.generations.history import described, goes_on_in
from indexing.generations.manifest import Manifest, PartManifest
from indexing.generations.tiers import TIERS, Tiers
from indexing.lexical.analysis import analyse
from indexing.milvus.client import Client
from indexing.milvus.collections import described_passages, family, left_for, new_name, rows_of, terms_of
from indexing.milvus.expressions import ID
from indexing.milvus.record import Record, read_record, write_record
from indexing.milvus.searching import Covered
from indexing.ranking import Ids
from indexing.vectors.plan import Built, Kind

BLOCK = 1000
"""Passages stored at once: some 3 MB."""
_FOLLOWED_SECONDS = 60.0
"""In which every reader has found out that there is another collection: they look every few seconds."""
_COMPARED = 10_000
"""Ids compared at once; Milvus gives 16,384 rows at most."""
_UNNUMBERED = 0
"""A record gets its number when it is written."""


def publish_whole(client: Client, library: Library, *, block: int = BLOCK) -> Manifest:
    """Makes a new collection of everything searchable, and that the current one; runs no encoder.

    `block` passages are stored at once. Readers go on with the former collection, which is removed by one that is made
    later. Raises an EngineError, or
    LibraryBroken for a passage without a vector.
    """
    with library.snapshot() as snapshot:
        begun, dim = described(snapshot, number=_UNNUMBERED), snapshot.identity.dim
    former = _readable(client, begun.library_id)
    name = new_name(client.address, begun.library_id)
    client.create(name, described_passages(client.address, dim=dim))
    filled, tokens = _filled(client, library, name, _Start(0, begun.commit, 0), begun=begun, block=block)
    # sealed, which has the engine index them
    client.flush(name)
    record = _checked(client, library, Record(_in(name, filled), client.address.index, tokens))
    written = write_record(client, record)
    _drop_former(client, begun.library_id, kept={name, former.collection if former else name})
    return written.manifest


def _drop_former(client: Client, library_id: str, *, kept: Set[str]) -> None:
    """Removes what was left for another collection so long ago that every reader has followed."""
    names = sorted(name for name in client.names() if name.startswith(family(client.address, library_id)))
    for name, follower in pairwise(names):
        if name not in kept and left_for(follower) > _FOLLOWED_SECONDS:
            client.drop(name)


def flush(client: Client, library: Library, *, tiers: Tiers = TIERS, block: int = BLOCK) -> Manifest | None:
    """Stores what is newer than the record and takes out what is gone, if that is due; None where it is not.

    Costs what has changed. Raises what `publish_whole` raises, and IndexBroken.
    """
    record = _current(client, library)
    with library.snapshot() as snapshot:
        former, begun = _continued(record, snapshot), described(snapshot, number=_UNNUMBERED)
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
        return publish_whole(client, library, block=block)
    return _brought_up(client, library, former, begun, block=block)


def mend(client: Client, library: Library, *, block: int = BLOCK) -> Manifest | None:
    """Brings the engine up to date whatever rows it has: a row too many or too few costs comparing ids, no more.

    None where there is nothing to be mended: no collection of this library as it is now.
    """
    record = _current(client, library)
    with library.snapshot() as snapshot:
        former, begun = _continued(record, snapshot), described(snapshot, number=_UNNUMBERED)
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


@dataclass(frozen=True, slots=True)
class _Start:
    """What a collection has before it is brought up to date."""

    last: int
    """Passages with a higher id are not in it."""
    commit: int
    """What later ones took out is."""
    tokens: int


def _brought_up(client: Client, library: Library, former: Record, begun: Manifest, *, block: int) -> Manifest:
    name, before = former.collection, former.manifest
    start = _Start(before.last_passage_id, before.commit, former.tokens)
    filled, tokens = _filled(client, library, name, start, begun=begun, block=block)
    record = _checked(client, library, Record(_in(name, filled), former.index, tokens))
    now = read_record(client, filled.library_id)
    if now is not None and now.collection != name:
        # a rebuild has ended meanwhile, and whoever asked for it was told so
        return now.manifest
    if now is not None and _reach(now.manifest) > _reach(filled):
        return now.manifest
    return write_record(client, record).manifest


def _reach(manifest: Manifest) -> tuple[int, int]:
    return manifest.last_passage_id, manifest.commit


def _filled(
    client: Client, library: Library, name: str, start: _Start, *, begun: Manifest, block: int
) -> tuple[Manifest, int]:
    """Has the collection hold the passages that there were when it was begun, without those taken out until the end.

    Gives the manifest of that end without its part, and how many terms the collection's passages have then.
    """
    last = begun.last_passage_id
    stored, added = _store(client, library, name, after=start.last, until=last, block=block)
    with library.snapshot() as snapshot:
        if snapshot.token_of(begun.commit) != begun.commit_token:
            raise IndexBroken(f"{name} at {client.address.uri}", "the library was restored while it was filled")
        end = replace(described(snapshot, number=_UNNUMBERED), last_passage_id=last)
        # some were stored above and taken out of the library since, some before they could be stored
        gone = snapshot.retired_after(start.commit, until=last)
        had = gone[(gone <= start.last) | np.isin(gone, stored)]
        tokens = start.tokens + added - _tokens_of(snapshot, had)
    for at in range(0, len(gone), BLOCK):
        client.delete(name, gone[at : at + BLOCK].tolist())
    return end, tokens


def _store(
    client: Client, library: Library, name: str, *, after: int, until: int, block: int = BLOCK
) -> tuple[Ids, int]:
    """Stores passages; gives their ids and how many terms they have. No snapshot is held while the engine works."""
    stored, tokens = [np.empty(0, np.int64)], 0
    while True:
        with library.snapshot() as snapshot:
            read = snapshot.vectors_after(after, until=until, limit=block)
            if not len(read.ids):
                return np.concatenate(stored), tokens
            attributes = snapshot.attributes(read.ids.tolist())
        terms = list(terms_of(read))
        tokens += sum(map(len, terms))
        client.upsert(name, rows_of(read, terms, attributes, place=client.address.uri))
        stored.append(read.ids)
        after = int(read.ids[-1])


def _checked(client: Client, library: Library, record: Record) -> Record:
    """The record, if the engine has what it says; else after its rows were compared with the library's, and mended."""
    (part,) = record.manifest.parts
    covered = Covered(client, record)
    for attempt in range(2):
        with library.snapshot() as snapshot:
            gone = snapshot.retired_after(part.commit, until=part.last_passage_id)
            expected = snapshot.searchable_count(until=part.last_passage_id)
        found = covered.live(gone)
        if found == expected:
            whole = replace(part, passages=expected + len(gone))
            return replace(record, manifest=replace(record.manifest, parts=(whole,)))
        if attempt == 0:
            _compare(covered, library)
    place = f"{part.folder} at {client.address.uri}"
    raise IndexBroken(place, f"it has {found} of the library's {expected} searchable passages")


def _compare(covered: Covered, library: Library) -> None:
    """Stores what lacks and takes out what is too many, a few thousand ids at a time."""
    client, name = covered.client, covered.name
    for after in range(0, covered.last, _COMPARED):
        until = min(after + _COMPARED, covered.last)
        held = np.array(client.ids(name, f"{ID} > {after} and {ID} <= {until}"), np.int64)
        with library.snapshot() as snapshot:
            live = snapshot.searchable(after=after, until=until)
        too_many = np.setdiff1d(held, live).tolist()
        if too_many:
            client.delete(name, too_many)
        lacking = np.setdiff1d(live, held)
        for some in np.split(lacking, np.flatnonzero(np.diff(lacking) > 1) + 1):
            if len(some):
                _store(client, library, name, after=int(some[0]) - 1, until=int(some[-1]))


def _tokens_of(snapshot: Snapshot, ids: Ids) -> int:
    rows = snapshot.passages(ids.tolist()).values()
    return sum(len(analyse(passage_input(row.title, row.text))) for row in rows)


def _in(name: str, manifest: Manifest) -> Manifest:
    """The manifest with this collection as its part; how many passages that has is not known yet."""
    part = PartManifest(name, 0, manifest.last_passage_id, manifest.commit, 0, Built(Kind.ENGINE))
    return replace(manifest, parts=(part,))


def _readable(client: Client, library_id: str) -> Record | None:
    try:
        return read_record(client, library_id)
    except IndexBroken:
        return None
