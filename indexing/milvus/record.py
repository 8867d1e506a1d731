"""What is published, as Milvus itself says: a row a library, replaced as a whole."""

from dataclasses import dataclass, replace
from hashlib import sha256

from indexing.errors import IndexBroken
from indexing.generations.generation import Version
from indexing.generations.manifest import Manifest, manifest_in, written
from indexing.milvus.address import Index
from indexing.milvus.client import Client, CollectionMissing, Row
from indexing.milvus.collections import INDEX, LIBRARY, MANIFEST, NUMBER, TOKENS, VECTOR, described_records, records


@dataclass(frozen=True, slots=True)
class Record:
    """Everything up to a commit and a passage id is in a collection, but for what was taken out since."""

    manifest: Manifest
    """With one part, whose folder is the collection."""
    index: Index
    """Of its vectors; what is set may be another one since."""
    tokens: int
    """Terms of the passages up to that id that were searchable as of that commit."""

    mark: str = ""
    """Of what is written, by which no other record of the same number is taken for it."""

    @property
    def version(self) -> Version:
        """What readers tell it by."""
        return Version(self.manifest.number, self.mark)

    @property
    def collection(self) -> str:
        """The name of the collection that the passages are in."""
        return self.manifest.parts[0].folder


def read_version(client: Client, library_id: str) -> Version | None:
    """Which record is the current one; None when nothing was ever published."""
    rows = _rows(client, library_id, NUMBER, MANIFEST)
    return Version(int(rows[0][NUMBER]), _mark(rows[0])) if rows else None


def read_record(client: Client, library_id: str) -> Record | None:
    """The library's record as of now; None when nothing of it was ever published. Raises IndexBroken."""
    rows = _rows(client, library_id, INDEX, TOKENS, MANIFEST)
    if not rows:
        return None
    name = records(client.address)
    try:
        record = Record(manifest_in(rows[0][MANIFEST]), Index(rows[0][INDEX]), int(rows[0][TOKENS]), _mark(rows[0]))
        if len(record.manifest.parts) != 1:
            raise ValueError("it names no collection")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexBroken(f"{name} at {client.address.uri}", f"the record cannot be read ({error})") from error
    return record


def write_record(client: Client, record: Record) -> Record:
    """Makes it the current one in one step; gives it with the number that follows the one that was there.

    Two machines may write at the same time and give the same number. The later one is the record, and its mark another.
    """
    name = records(client.address)
    if name not in client.names():
        client.create(name, described_records())
    former = read_version(client, record.manifest.library_id)
    manifest = replace(record.manifest, number=1 + (0 if former is None else former.number))
    row: Row = {
        LIBRARY: manifest.library_id,
        NUMBER: manifest.number,
        INDEX: record.index,
        TOKENS: record.tokens,
        MANIFEST: written(manifest),
        VECTOR: [1.0, 0.0],
    }
    client.upsert(name, [row])
    return replace(record, manifest=manifest, mark=_mark(row))


def _mark(row: Row) -> str:
    return sha256(str(row[MANIFEST]).encode()).hexdigest()[:16]


def _rows(client: Client, library_id: str, *fields: str) -> list[Row]:
    try:
        return client.query(records(client.address), f'{LIBRARY} == "{library_id}"', fields, strong=True)
    except CollectionMissing:
        return []
