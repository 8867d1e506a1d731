"""The two kinds of collections: one of passages, made anew by each rebuild, and one of records of what is published."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from corpus.library.conditions import NUMBERS, Attribute, Value
from corpus.library.records import PassageVectors
from indexing.encoders.protocol import passage_input
from indexing.errors import MilvusRefused
from indexing.lexical.analysis import analyse
from indexing.lexical.protocol import K1, B
from indexing.milvus.address import Address, Index
from indexing.milvus.client import Row
from indexing.milvus.described import Described
from indexing.milvus.expressions import FIELDS, ID, stored
from indexing.milvus.words import token_of

VECTOR, WORDS, WEIGHTS = "vector", "words", "bm25"
LIBRARY, NUMBER, INDEX, TOKENS, MANIFEST = "library_id", "number", "index_kind", "tokens", "manifest"
"""The fields of a record."""
_LONGEST = 65_535
"""Bytes of a VARCHAR, by Milvus."""
_LOOKED_UP = (Attribute.ARTICLE_ID, Attribute.PUBLISHER, Attribute.PUBLISHED_AT)
"""What filters are mostly of; it gets an index of its own."""
_BUILT: Mapping[Index, tuple[str, dict[str, Any]]] = {
    Index.HNSW: ("HNSW", {"M": 32, "efConstruction": 360}),
    Index.IVF_SQ8: ("IVF_SQ8", {"nlist": 1024}),
    Index.AUTOINDEX: ("AUTOINDEX", {}),
}
"""Lite takes its own defaults for these, as it does for BM25's: the client sends them as Milvus reads them."""


def new_name(address: Address, library_id: str, *, at: float | None = None) -> str:
    """For a collection of the library's passages that nobody else makes; such names sort by when they were given.

    That is now, or `at`, in seconds since 1970.
    """
    given = int(1000 * (time.time() if at is None else at))
    return f"{family(address, library_id)}{given:013d}_{secrets.token_hex(4)}"


def left_for(name: str) -> float:
    """Seconds since the name was given, by this machine's clock."""
    return time.time() - int(name.rsplit("_", 2)[1]) / 1000


def family(address: Address, library_id: str) -> str:
    """What the names of all collections of the library's passages begin with."""
    return f"{address.prefix}_{library_id.replace('-', '')[:16]}_"


def records(address: Address) -> str:
    """The name of the collection of records, one row a library."""
    return f"{address.prefix}_published"


def described_records() -> Described:
    """Milvus demands a vector of every collection; nothing is searched by this one."""
    text = {"max_length": _LONGEST}
    return Described(
        fields=[
            (LIBRARY, "VARCHAR", {"is_primary": True, "max_length": 64}),
            (NUMBER, "INT64", {}),
            (INDEX, "VARCHAR", {"max_length": 64}),
            (TOKENS, "INT64", {}),
            (MANIFEST, "VARCHAR", text),
            (VECTOR, "FLOAT_VECTOR", {"dim": 2}),
        ],
        indexes=[{"field_name": VECTOR, "index_type": "FLAT", "metric_type": "IP"}],
    )


def described_passages(address: Address, *, dim: int) -> Described:
    """A row a passage: its vector, its terms, and what filters ask of it."""
    texts = [each for each in Attribute if each not in NUMBERS]
    numbers = [each for each in Attribute if each in NUMBERS and FIELDS[each] != ID]
    kind, built = _BUILT[address.index]
    return Described(
        fields=[
            (ID, "INT64", {"is_primary": True}),
            (VECTOR, "FLOAT_VECTOR", {"dim": dim}),
            (WORDS, "VARCHAR", {"max_length": _LONGEST, "enable_analyzer": True, "enable_match": True,
                                "analyzer_params": {"type": "standard"}}),
            (WEIGHTS, "SPARSE_FLOAT_VECTOR", {}),
            *((FIELDS[each], "VARCHAR", {"max_length": _LONGEST, "nullable": True}) for each in texts),
            *((FIELDS[each], "INT64", {}) for each in numbers),
        ],
        indexes=[
            {"field_name": VECTOR, "index_type": kind, "metric_type": "IP", "params": built},
            {"field_name": WEIGHTS, "index_type": "SPARSE_INVERTED_INDEX", "metric_type": "BM25",
             "params": {"bm25_k1": K1, "bm25_b": B}},
            *({"field_name": FIELDS[each], "index_type": "INVERTED"} for each in _LOOKED_UP),
        ],
        bm25=(WORDS, WEIGHTS),
    )  # fmt: skip


def searched_with(index: Index, *, k: int) -> dict[str, Any]:
    """The parameters of a search for the k nearest; `python -m eval.engines` measures what they find."""
    params: Mapping[Index, dict[str, Any]] = {
        Index.HNSW: {"ef": max(400, 2 * k)},
        Index.IVF_SQ8: {"nprobe": 256},
        Index.AUTOINDEX: {},
    }
    return {"metric_type": "IP", "params": params[index]}


def terms_of(passages: PassageVectors) -> Iterator[list[str]]:
    """The terms of each passage, of its title too, in order of the text."""
    for title, text in zip(passages.titles, passages.texts, strict=True):
        yield analyse(passage_input(title, text))


def rows_of(
    passages: PassageVectors,
    terms: Sequence[Sequence[str]],
    attributes: Mapping[int, Mapping[Attribute, Value | None]],
    *,
    place: str,
) -> list[Row]:
    """As they are stored. Raises MilvusRefused for one that Milvus cannot hold."""
    rows = list[Row]()
    for number, vector, own in zip(passages.ids.tolist(), passages.vectors, terms, strict=True):
        words = " ".join(map(token_of, own))
        if len(words) > _LONGEST:
            raise MilvusRefused(place, f"passage {number} has too many words for it; set BYLINE_MAX_TOKENS lower")
        row: Row = {ID: number, VECTOR: vector.astype(np.float32), WORDS: words}
        for attribute, value in attributes[number].items():
            if FIELDS[attribute] != ID:
                row[FIELDS[attribute]] = stored(value) if isinstance(value, str) else value
        rows.append(row)
    return rows
