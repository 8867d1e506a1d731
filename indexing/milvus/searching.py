"""Searching what Milvus has of a library."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from indexing.encoders.protocol import Embedding
from indexing.errors import IndexBroken
from indexing.generations.generation import Generation, Part, Version
from indexing.lexical.exact import ExactLexicalIndex
from indexing.lexical.protocol import Statistics
from indexing.milvus.client import MOST_FOUND, Client, CollectionMissing, Row
from indexing.milvus.collections import VECTOR, WEIGHTS, WORDS, searched_with
from indexing.milvus.expressions import ID, expression_of
from indexing.milvus.record import Record, read_record
from indexing.milvus.words import term_of, token_of
from indexing.ranking import Ids, Ranking, Selection

SETTLED_SECONDS = 10.0
"""After a record was read, every search waits for all that was written before it (Strong). Later ones need not:
Milvus's Bounded, which is quicker, leaves out at most the last 5 seconds (`common.gracefulTime`)."""
_SPARE = 100
"""So many more passages than asked for are looked at by words: the best by the collection's statistics may stand
somewhat lower by those that Milvus has."""
_REMEMBERED = 50_000
"""Terms whose number of passages is kept."""


class Covered:
    """The rows of a collection up to a passage id: what a reader of one record may see."""

    def __init__(self, client: Client, record: Record, *, settled_seconds: float = SETTLED_SECONDS) -> None:
        """`settled_seconds` after a record was read, all that was written before it is found without waiting for it."""
        self.client = client
        self.record = record
        self.last = record.manifest.last_passage_id
        self._settled_at = time.monotonic() + settled_seconds

    @property
    def name(self) -> str:
        """The collection."""
        return self.record.collection

    @property
    def strong(self) -> bool:
        """Whether a search is to wait for all that was written before it."""
        return time.monotonic() < self._settled_at

    def found(
        self,
        data: object,
        *,
        on: str,
        k: int,
        selection: Selection,
        parameters: Mapping[str, object],
        fields: Sequence[str] = (),
    ) -> list[Row]:
        """At most k selected rows by the index of a field, best first. Raises IndexBroken where they are gone."""
        if k < 1 or (selection.filters is None and selection.allowed is not None and not len(selection.allowed)):
            return []
        expression = expression_of(selection, last=self.last)
        return self.told(
            lambda: self.client.search(
                self.name, data, on=on, expression=expression, k=k, parameters=dict(parameters), fields=fields,
                strong=self.strong,
            )
        )  # fmt: skip

    def told(self, asked: Callable[[], list[Row]]) -> list[Row]:
        """What Milvus says, and IndexBroken where the collection is not there any more."""
        try:
            return asked()
        except CollectionMissing as error:
            place = f"{self.name} at {self.client.address.uri}"
            raise IndexBroken(place, "Milvus has no such collection") from error

    def live(self, gone: Ids) -> int:
        """How many rows there are now but for these, some of which may have been taken out already."""
        # rows may have been stored anew since the record was read
        return self._count(expression_of(Selection(excluded=gone), last=self.last), strong=True)

    def having(self, token: str) -> int:
        """How many rows have this among their words."""
        return self._count(f"text_match({WORDS}, '{token}') and {ID} <= {self.last}", strong=self.strong)

    def _count(self, expression: str, *, strong: bool) -> int:
        rows = self.told(lambda: self.client.query(self.name, expression, ["count(*)"], strong=strong))
        return int(rows[0]["count(*)"])


class MilvusVectors:
    """A VectorSearch: Milvus's index of vectors by inner product."""

    def __init__(self, covered: Covered) -> None:
        self._covered = covered

    def __len__(self) -> int:
        return self._covered.record.manifest.passages

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages; which of several with the same score stand at the end is Milvus's choice."""
        parameters = searched_with(self._covered.record.index, k=min(k, MOST_FOUND))
        hits = self._covered.found(question.tolist(), on=VECTOR, k=k, selection=selection, parameters=parameters)
        return Ranking.best(
            np.array([hit[ID] for hit in hits], np.int64), np.array([hit["distance"] for hit in hits], np.float32), k=k
        )


class MilvusWords:
    """A LexicalSearch: candidates by Milvus's BM25, then scored by the collection's own statistics.

    Milvus counts words where it searches, Lite in each segment, and takes counts from nobody. So its scores are not on
    the scale of passages in memory; the best by them are scored anew from their terms.
    """

    def __init__(self, covered: Covered) -> None:
        self._covered = covered
        self._frequencies: dict[str, int] = {}

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """Milvus's share of the statistics; it counts the passages of a term the first time that it is asked."""
        if len(self._frequencies) > _REMEMBERED:
            self._frequencies = {}
        known = self._frequencies
        counted = {term: known[term] if term in known else self._covered.having(token_of(term)) for term in terms}
        known.update(counted)
        record = self._covered.record
        return Statistics(record.manifest.passages, record.tokens, counted)

    def search(self, terms: Sequence[str], *, k: int, selection: Selection, statistics: Statistics) -> Ranking:
        """At most k selected passages with at least one of the terms."""
        if not terms:
            return Ranking.merged([], k=0)
        hits = self._covered.found(
            " ".join(map(token_of, terms)),
            on=WEIGHTS,
            k=k + _SPARE if k > 0 else 0,
            selection=selection,
            parameters={"metric_type": "BM25"},
            fields=[WORDS],
        )
        ids = np.array([hit[ID] for hit in hits], np.int64)
        held = [[term_of(token) for token in hit["entity"][WORDS].split()] for hit in hits]
        return ExactLexicalIndex(ids, held).search(terms, k=k, selection=Selection(), statistics=statistics)

    def terms_beginning(self, letters: str) -> list[str]:  # noqa: ARG002 - the protocol's
        """None: Milvus tells of no vocabulary, so words are taken to be misspelt for those of newer passages only."""
        return []


@dataclass(frozen=True, slots=True, eq=False)
class MilvusGeneration(Generation):
    """What Milvus has, as of one record."""

    covered: Covered
    in_place: ClassVar[bool] = True

    @property
    def version(self) -> Version:
        """The record's."""
        return self.covered.record.version

    def live(self, gone: Ids) -> int:
        """Asks Milvus: what its record says is not what it has for certain."""
        return self.covered.live(gone)

    def check(self) -> None:
        """Raises MilvusUnavailable or MilvusRefused."""
        read_record(self.covered.client, self.manifest.library_id)


def opened(client: Client, record: Record) -> MilvusGeneration:
    """What a record says is published. Raises IndexBroken where Milvus does not have the collection."""
    covered = Covered(client, record)
    place = f"{record.collection} at {client.address.uri}"
    try:
        client.load(record.collection)
    except CollectionMissing as error:
        raise IndexBroken(place, "Milvus has no such collection") from error
    parts = tuple(Part(part, MilvusVectors(covered), MilvusWords(covered)) for part in record.manifest.parts)
    return MilvusGeneration(record.manifest, parts, place, covered)
