"""The one place that decides which backend builds the vector index of a part, and which reads it back."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from corpus.library.records import Vectors
from indexing.ranking import Ids
from indexing.vectors import faiss
from indexing.vectors.plan import Built, Kind, Plan
from indexing.vectors.protocol import VectorBackend, VectorIndex

BACKENDS: Mapping[Kind, VectorBackend] = MappingProxyType({Kind.EXACT: faiss, Kind.QUANTISED: faiss, Kind.IVF: faiss})
"""Which has the indexes of a kind, those of an engine excepted."""
_BY_NUMBER: VectorBackend = faiss
"""Which chooses the kind by the number of vectors."""


def build(ids: Ids, vectors: Vectors, *, plan: Plan) -> VectorIndex:
    """An index over stored vectors, row for row; a plan without a kind leaves it to FAISS, which goes by their number.

    Raises OSError or RuntimeError (FAISS) when it cannot be built, and KeyError for a kind that no backend has.
    """
    backend = _BY_NUMBER if plan.kind is None else BACKENDS[plan.kind]
    return backend.build(ids, vectors, plan=plan)


def load(folder: Path, *, built: Built) -> VectorIndex:
    """Reads what `save` of such an index wrote.

    Only for files whose checksum was compared: a backend trusts what it reads. Raises OSError, ValueError or
    RuntimeError (FAISS) for files that it cannot read, and KeyError for a kind that no backend has.
    """
    return BACKENDS[built.kind].load(folder, built=built)
