"""What a collection is to hold of the library: stored, taken out, counted, and where the count is off compared."""

from dataclasses import dataclass, replace

import numpy as np

from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import passage_input
from indexing.errors import IndexBroken
from indexing.generations.history import manifest_of
from indexing.generations.manifest import Manifest
from indexing.lexical.analysis import analyse
from indexing.milvus.client import Client
from indexing.milvus.collections import rows_of, terms_of
from indexing.milvus.expressions import ID
from indexing.milvus.record import Record
from indexing.milvus.searching import Covered
from indexing.ranking import Ids

BLOCK = 1000
"""Passages stored at once: some 3 MB."""
_COMPARED = 10_000
"""Ids compared at once; Milvus gives 16,384 rows at most."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a collection has before it is brought up to date."""

    last: int
    """Passages with a higher id are not in it."""
    commit: int
    """Passages that later ones took out may be."""
    tokens: int
    """Terms of the passages up to that id that were searchable as of that commit."""


def filled(
    client: Client, library: Library, name: str, start: Start, *, begun: Manifest, block: int
) -> tuple[Manifest, int]:
    """Has the collection hold the passages that there were when it was begun, without those taken out until the end.

    Gives the manifest of that end without its part, and how many terms the collection's passages have then. Raises
    IndexBroken where the library has gone over to another history meanwhile.
    """
    last = begun.last_passage_id
    stored, added = _store(client, library, name, after=start.last, until=last, block=block)
    with library.snapshot() as snapshot:
        if snapshot.token_of(begun.commit) != begun.commit_token:
            raise IndexBroken(f"{name} at {client.address.uri}", "the library was restored while it was filled")
        end = replace(manifest_of(snapshot, number=begun.number), last_passage_id=last)
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
    """Stores passages; gives their ids and how many terms they have. No snapshot is held while Milvus works."""
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


def checked(client: Client, library: Library, record: Record) -> Record:
    """The record, if Milvus has what it says; else after its rows were compared with the library's, and mended.

    Raises IndexBroken where they differ all the same.
    """
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
