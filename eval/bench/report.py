"""What one run gives, ready to be shown, and as JSON."""

import json
import math
from dataclasses import asdict, dataclass

from eval.bench import figures as measures
from eval.bench.figures import Figures, Measure
from eval.bench.scale import Size
from eval.bench.shows import outcomes
from eval.bench.systems import BYLINE, System


@dataclass(frozen=True, slots=True)
class Report:
    """One run, ready to be shown."""

    about: tuple[tuple[str, str], ...]
    """Machine, versions and options, in pairs of name and value."""
    systems: tuple[System, ...]
    figures: Figures
    sizes: tuple[Size, ...]

    @property
    def peers(self) -> tuple[str, ...]:
        """Names of all but Byline."""
        return tuple(system.name for system in self.systems if system.name != BYLINE)


def compared(found: Figures) -> list[tuple[Measure, Measure]]:
    """Measures of Byline with those of peers that they are compared with: its answers are with their searches."""
    asked = {of("ask").name: of("search") for of in (measures.p50, measures.p90, measures.two_threads, measures.served)}
    return [(one, asked.get(one.name, one)) for one in found.measures()]


def as_json(report: Report) -> str:
    """Every figure of every round, and what the tables say of them."""
    document = {
        "about": dict(report.about),
        "systems": {
            system.name: {
                "told": system.told,
                "rounds": report.figures.rounds.get(system.name, []),
                "failed": report.figures.failed.get(system.name, []),
            }
            for system in report.systems
        },
        "ratios": [
            {"ours": ours.name, "theirs": theirs.name, "peer": peer, **asdict(ratio)}
            for ours, theirs in compared(report.figures)
            for peer in report.peers
            if (ratio := report.figures.ratio(ours, peer, theirs)) is not None
        ],
        "aims": [
            {"said": one.aim.said, "against": one.against, "bound": one.aim.bound, "reached": one.reached,
             **asdict(one.ratio)}
            for one in outcomes(report.figures, report.peers)
        ],
        "loads": {name: [_finite(asdict(one)) for one in some] for name, some in report.figures.loads.items()},
        "sizes": [asdict(one) for one in report.sizes],
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
