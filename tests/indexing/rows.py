"""What the contracts of vector and lexical indexes need of an engine: collections of just these vectors or texts."""

from collections.abc import Sequence

import numpy as np

from corpus.library.conditions import Attribute
from corpus.library.identity import Identity
from corpus.library.records import PassageVectors, Vectors
from indexing.generations.manifest import Manifest, PartManifest
from indexing.lexical.analysis import analyse
from indexing.milvus.client import Client
from indexing.milvus.collections import described_passages, new_name, rows_of
from indexing.milvus.record import Record
from indexing.milvus.searching import SETTLED_SECONDS, Covered, MilvusVectors, MilvusWords
from indexing.ranking import Ids
from indexing.vectors.plan import Built, Kind

_DIM = 2
_NONE = dict.fromkeys(Attribute)


def vectors_in(client: Client, ids: Ids, vectors: Vectors) -> MilvusVectors:
    """An index over stored vectors, row for row."""
    return MilvusVectors(covered_in(client, ids, vectors, [[] for _ in ids]))


def words_in(client: Client, ids: Ids, texts: Sequence[str]) -> MilvusWords:
    """An index over texts, one a passage."""
    vectors = np.ones((len(ids), _DIM), np.float16)
    return MilvusWords(covered_in(client, ids, vectors, [analyse(text) for text in texts]))


def covered_in(
    client: Client,
    ids: Ids,
    vectors: Vectors,
    terms: Sequence[list[str]],
    *,
    settled_seconds: float = SETTLED_SECONDS,
) -> Covered:
    """A collection of these passages, as a reader of its record sees it."""
    name = new_name(client.address, "contract")
    client.create(name, described_passages(client.address, dim=vectors.shape[1]))
    nothing = [""] * len(ids)
    attributes = {number: {**_NONE, Attribute.START: 0, Attribute.END: 1} for number in ids.tolist()}
    rows = rows_of(PassageVectors(ids, vectors, nothing, nothing), terms, attributes, place=client.address.uri)
    for row in rows:
        for attribute in (Attribute.ARTICLE_ID, Attribute.REVISION, Attribute.TITLE):
            row[f"a_{attribute}"] = ""
    if rows:
        client.upsert(name, rows)
    last = int(ids.max()) if len(ids) else 0
    part = PartManifest(name, 0, last, 1, len(ids), Built(Kind.MILVUS))
    manifest = Manifest(1, "contract", 1, "", last, Identity("", "", _DIM, 1, 1, 0), (part,), {})
    record = Record(manifest, client.address.index, sum(map(len, terms)))
    return Covered(client, record, settled_seconds=settled_seconds)
