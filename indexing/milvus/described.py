"""What a collection of Milvus is made of, said without its client."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Described:
    """A collection to be made: its fields by Milvus's type and parameters, the BM25 function, the indexes."""

    fields: Sequence[tuple[str, str, dict[str, Any]]]
    indexes: Sequence[dict[str, Any]]
    bm25: tuple[str, str] | None = None
    """The field with words and the one with what the function makes of them."""
