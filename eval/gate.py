"""The gate: a small fixed evaluation on the shipped articles, held against the recorded figures in `record.json`.

`python -m eval.gate` compares, `python -m eval.gate --record` writes the record: a change of one file, to be reviewed.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from corpus.articles import shipped_articles
from eval.cached import indexed
from eval.collection import drafts_of, fill
from eval.evaluation import Entry, evaluate_spans
from eval.judging import choose, of_spans
from eval.measure import Measured
from eval.metrics.intervals import Estimate
from eval.questions.split import Split
from eval.reports import figures
from eval.systems.build import Bench
from eval.systems.protocol import System
from eval.told import telling_errors
from service.compose import Parts
from service.settings import load_settings
from service.threads import limit_threads

RECORD = Path(__file__).parent / "record.json"
METRICS = ("recall@5", "MRR@10", "nDCG@10", "span recall", "contained", "citation recall", "right", "AUROC")
_K = 20


@dataclass(frozen=True, slots=True)
class Drop:
    """A measure that fell below the recorded interval."""

    metric: str
    value: float
    recorded: Estimate

    def __str__(self) -> str:
        now, held, least = map(figures.plain, (self.value, self.recorded.value, self.recorded.low))
        return f"{self.metric} is {now}, recorded {held}, at least {least}"


def prepare(parts: Parts) -> None:
    """Makes the library hold exactly the shipped articles."""
    fill(parts, drafts_of([shipped_articles()]))


def measure(parts: Parts, systems: Sequence[System]) -> list[tuple[Measured, dict[str, Estimate]]]:
    """Each system on the dev half of the shipped questions (about 10 s for the first on two cores)."""
    judging = of_spans(choose(None, split=Split.DEV), parts.library)
    evaluation = evaluate_spans([Entry(system, parts.library) for system in systems], judging.judged, k=_K)
    found = zip(evaluation.measured, evaluation.summaries, strict=True)
    return [
        (one, {name: summary.overall[name] for name in METRICS if name in summary.overall}) for one, summary in found
    ]


def drops(found: Mapping[str, Estimate], recorded: Mapping[str, Estimate]) -> list[Drop]:
    """The measures below the recorded interval; one that is missing counts as 0."""
    values = {name: found[name].value if name in found else 0.0 for name in recorded}
    return [Drop(name, values[name], held) for name, held in recorded.items() if values[name] < held.low]


def read_record(file: Path = RECORD) -> dict[str, Estimate]:
    """The recorded figures by measure."""
    return {name: Estimate(**held) for name, held in json.loads(file.read_text(encoding="utf-8")).items()}


def write_record(found: Mapping[str, Estimate], file: Path = RECORD) -> None:
    """Records these figures, rounded to four places."""
    rounded = {
        name: {key: round(held, 4) if isinstance(held, float) else held for key, held in asdict(estimate).items()}
        for name, estimate in found.items()
    }
    file.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def main(
    *,
    record: Annotated[bool, typer.Option("--record", help="Record the figures of this version.")] = False,
) -> None:
    """Compare Byline with the record; exit status 1 if it dropped."""
    settings = load_settings()
    limit_threads(settings.threads)
    with telling_errors(), indexed(settings, (shipped_articles(),)) as parts:
        ((_, found),) = measure(parts, [Bench(parts).byline()])
    if record:
        write_record(found)
    dropped = drops(found, read_record())
    for name, estimate in found.items():
        sys.stdout.write(f"{name}: {figures.value(estimate)} ({figures.interval(estimate)})\n")
    for drop in dropped:
        sys.stdout.write(f"dropped: {drop}\n")
    raise typer.Exit(1 if dropped else 0)


if __name__ == "__main__":
    typer.run(main)
