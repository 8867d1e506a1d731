"""Which vector index a generation is given, and what one is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How an index compares vectors."""

    EXACT = "exact"
    """With every vector."""
    QUANTISED = "quantised"
    """With a short code of every vector; the best of these then with their vectors."""
    IVF = "ivf"
    """The same with the codes in lists (an inverted file), of which only those near to the question are looked at."""
    MILVUS = "engine"
    """As Milvus does, which has the vectors; nothing to be built here. Records of what it has hold the word."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build."""

    kind: Kind | None = None
    """None leaves it to the number of vectors."""
    recall: float = 0.99
    """Share of the exact ten best that a quantised index should find."""
    threads: int = 1
    """Used while building."""


BY_SIZE = Plan()


def plan_of(raw: Mapping[str, Any]) -> Plan:
    """What JSON says is to be built. Raises TypeError or ValueError."""
    return Plan(**{**raw, "kind": None if raw.get("kind") is None else Kind(raw["kind"])})


@dataclass(frozen=True, slots=True)
class Built:
    """What an index is."""

    kind: Kind = Kind.EXACT
    depth: int = 0
    """Codes whose vectors are compared, for each question; 0 where all are."""
    recall: float = 1.0
    """Share of the exact ten best that it found for `recall.pseudo_questions` when it was built."""
    probes: int = 0
    """Lists that are looked at, for each question; 0 where all are, or where there are none."""


EXACT = Built()


def built_of(raw: Mapping[str, Any]) -> Built:
    """What JSON says an index is; what it leaves out is that of an exact one. Raises TypeError or ValueError."""
    return Built(**{**raw, "kind": Kind(raw.get("kind", Kind.EXACT))})
