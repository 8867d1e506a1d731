"""What was measured of each system in each round, and how Byline's figures compare with a peer's of the same round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from eval.bench.offering import Offered
from eval.bench.systems import BYLINE

Round = dict[str, float]
"""Figures by measure."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a figure is of."""

    name: str
    unit: str
    more_is_better: bool = False
    places: int = 1


INDEXING = Measure("indexing", "passages/s", more_is_better=True)
INDEXING_PEAK = Measure("peak memory, indexing", "MB", places=0)
DISK = Measure("disk", "MB", places=0)
START = Measure("start to first answer", "s", places=2)
START_MB = Measure("memory after first answer", "MB", places=0)
SERVICE_START = Measure("service, start to first answer", "s", places=2)
SERVICE_MB = Measure("service, memory after all rates", "MB", places=0)
MEMORY = Measure("memory after all questions", "MB", places=0)
PEAK = Measure("peak memory, questions", "MB", places=0)
QUALITY = Measure("nDCG@10", "", more_is_better=True, places=3)


def p50(way: str) -> Measure:
    """Of one caller in the same process."""
    return Measure(f"{way}, p50", "ms", places=2)


def p90(way: str) -> Measure:
    """Of one caller in the same process."""
    return Measure(f"{way}, p90", "ms", places=2)


def two_threads(way: str) -> Measure:
    """Of two callers in the same process."""
    return Measure(f"{way}, two callers", "a second", more_is_better=True)


def served(way: str) -> Measure:
    """Over HTTP."""
    return Measure(f"{way}, HTTP at p99 <= 50 ms", "a second", more_is_better=True)


MEASURES = {
    measure.name: measure
    for measure in (
        INDEXING,
        INDEXING_PEAK,
        DISK,
        START,
        START_MB,
        *(of(way) for way in ("search", "ask") for of in (p50, p90, two_threads)),
        MEMORY,
        PEAK,
        QUALITY,
        SERVICE_START,
        SERVICE_MB,
        *(served(way) for way in ("search", "ask")),
    )
}
"""In the order of the table."""


@dataclass(slots=True)
class Figures:
    """All of one run, filled while it goes on."""

    rounds: dict[str, list[Round]] = field(default_factory=dict)
    """By system; a measure is absent from a round in which it failed."""
    failed: dict[str, list[str]] = field(default_factory=dict)
    """What could not be measured and why, by system."""
    loads: dict[str, list[Offered]] = field(default_factory=dict)
    """Rates offered over HTTP, all rounds, by system and way."""

    def note(self, system: str, number: int, measure: Measure, value: float) -> None:
        """A figure of round `number`, counted from 0."""
        held = self.rounds.setdefault(system, [])
        while len(held) <= number:
            held.append({})
        held[number][measure.name] = value

    def note_failure(self, system: str, reason: str) -> None:
        """Once, however often it comes."""
        reasons = self.failed.setdefault(system, [])
        if reason not in reasons:
            reasons.append(reason)

    def values(self, system: str, measure: Measure) -> list[float]:
        """Of all rounds that have it."""
        return [one[measure.name] for one in self.rounds.get(system, []) if measure.name in one]

    def measures(self) -> list[Measure]:
        """Those that at least one system has, in the order of the table."""
        had = {name for rounds in self.rounds.values() for one in rounds for name in one}
        return [measure for name, measure in MEASURES.items() if name in had]

    def ratio(self, ours: Measure, peer: str, theirs: Measure | None = None) -> "Ratio | None":
        """Byline's to the peer's in the same rounds; None where no round has both."""
        theirs = ours if theirs is None else theirs
        pairs = zip(self.rounds.get(BYLINE, []), self.rounds.get(peer, []), strict=False)
        return ratio_of(
            [
                (one[ours.name], other[theirs.name])
                for one, other in pairs
                if ours.name in one and other.get(theirs.name)
            ]
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """Over rounds."""

    middle: float
    low: float
    high: float
    rounds: int


def ratio_of(pairs: Sequence[tuple[float, float]]) -> Ratio | None:
    """Of the first to the second of each pair: median, lowest and highest."""
    ratios = [one / other for one, other in pairs]
    return Ratio(median(ratios), min(ratios), max(ratios), len(ratios)) if ratios else None
