"""What every vector index offers."""

from pathlib import Path
from typing import Protocol

from corpus.library.records import Vectors
from indexing.encoders.protocol import Embedding
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors.plan import Built, Plan


class VectorSearch(Protocol):
    """Finds the passages whose vectors have the highest inner product with a question's."""

    def __len__(self) -> int:
        """Passages in the index."""
        ...

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        """At most k selected passages; the scores are inner products, which are cosines for unit vectors."""
        ...


class VectorIndex(VectorSearch, Protocol):
    """An index of files. Never changes once built."""

    @property
    def built(self) -> Built:
        """What kind of index it is."""
        ...

    def save(self, folder: Path) -> None:
        """Writes the index into an empty folder, from which its module's `load` reads it back."""
        ...


class VectorBackend(Protocol):
    """What the module of a backend has beside its class."""

    def build(self, ids: Ids, vectors: Vectors, *, plan: Plan) -> VectorIndex:
        """An index over stored vectors, row for row, of which there may be none.

        Where it is of another kind than the plan's, as with very few vectors, `choose.BACKENDS` names what loads it.
        """
        ...

    def load(self, folder: Path, *, built: Built) -> VectorIndex:
        """Reads what `save` of an index that said this of itself wrote."""
        ...
