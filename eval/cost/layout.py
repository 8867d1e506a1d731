"""`python -m eval.cost.layout`: how many requests a second each layout of processes and threads answers in time.

For each layout it starts the real service on a collection made of the shipped articles' sentences and seeks the highest
rate of open-loop load that it answers with a p99 of at most 50 ms, nothing refused. Every layout is measured in each
round, and the load is made on the same processors.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated

import typer

from eval.cost.client import target_of
from eval.cost.load import Measured, measure
from eval.cost.question import machine, questions_of
from eval.cost.recombined import recombined_library
from eval.cost.served import Served, served
from eval.reports.markdown import table
from eval.told import telling_errors
from service.settings import load_settings

P99_MS = 50.0
ENDPOINTS = ("search", "ask")
_LOWEST = 20.0
_STEP = 1.5
_HALVINGS = 2
_WARM_UP_SECONDS = 1.0
_K = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Processes and threads."""

    workers: int
    threads: int
    """Engine threads of each process."""
    cache_mb: int = 0
    """For recent questions."""


LAYOUTS = (
    Layout(1, 1),
    Layout(1, 2),
    Layout(1, 4),
    Layout(2, 1),
    Layout(2, 2),
    Layout(3, 1),
    Layout(2, 1, cache_mb=16),
)


@dataclass(slots=True)
class Found:
    """What a layout reached, round by round."""

    rates: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ENDPOINTS})
    cost_ms: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ENDPOINTS})
    """Processor time of a request."""
    memory_mb: list[float] = field(default_factory=list)


def highest(held: Callable[[float], bool], *, lowest: float = _LOWEST) -> float:
    """The highest rate that is held, to within a tenth; 0 where not even the lowest is.

    A rate is tried twice before it counts as too high: other work on the machine lengthens one second or the other.
    """
    good, rate = 0.0, lowest
    while held(rate) or held(rate):
        good, rate = rate, rate * _STEP
    bad = rate
    for _ in range(_HALVINGS if good else 0):
        middle = (good * bad) ** 0.5
        if held(middle) or held(middle):
            good = middle
        else:
            bad = middle
    return good


def in_time(measured: Measured) -> bool:
    """Whether nearly all were answered in time, and all were answered."""
    return measured.percentile(99) <= P99_MS and not measured.refused and not measured.failed


def _add(found: Found, service: Served, endpoint: str, questions: Sequence[str], *, seconds: float) -> None:
    target = target_of(f"{service.url}/v1/{endpoint}")
    bodies = target.bodies(questions, k=_K)
    measure(target, bodies, rate=_LOWEST, seconds=_WARM_UP_SECONDS)
    before = service.processor_seconds()
    answered = len(measure(target, bodies, rate=_LOWEST, seconds=seconds).latencies_ms)
    found.cost_ms[endpoint].append(1000 * (service.processor_seconds() - before) / max(1, answered))
    found.rates[endpoint].append(
        highest(lambda rate: in_time(measure(target, bodies, rate=rate, seconds=seconds)), lowest=_LOWEST)
    )


def lines(found: dict[Layout, Found]) -> Iterator[str]:
    """The table: medians over rounds, with the lowest and highest in brackets."""
    head = ["processes", "engine threads each", "question cache MB", *(f"{name}/s" for name in ENDPOINTS)]
    head += [*(f"processor ms a {name}" for name in ENDPOINTS), "memory MB"]
    rows = (
        [str(layout.workers), str(layout.threads), str(layout.cache_mb),
         *(_spread(one.rates[name]) for name in ENDPOINTS),
         *(f"{median(one.cost_ms[name]):.1f}" for name in ENDPOINTS), f"{median(one.memory_mb):.0f}"]
        for layout, one in found.items()
    )  # fmt: skip
    yield from table(head, rows)


def _spread(rates: Sequence[float]) -> str:
    shown = f"{median(rates):.0f}"
    return shown if len(rates) == 1 else f"{shown} ({min(rates):.0f} to {max(rates):.0f})"


def main(
    *,
    passages: Annotated[int, typer.Option(min=1, help="About so many.")] = 5000,
    questions: Annotated[int, typer.Option(min=1, help="So many of the shipped questions, asked in turn.")] = 150,
    seconds: Annotated[float, typer.Option(help="How long each rate is kept up.")] = 4,
    runs: Annotated[int, typer.Option(min=1, help="Rounds over all layouts.")] = 1,
) -> None:
    """Print the rate that each layout answers in time."""
    with telling_errors():
        settings = load_settings()
        asked = questions_of(None, most=questions)
        found = {layout: Found() for layout in LAYOUTS}
        with recombined_library(settings, passages=passages) as parts:
            held, home = parts.engine.check_ready(), parts.settings.home
        for _ in range(runs):
            for layout, one in found.items():
                variables = {
                    "BYLINE_ENGINE_THREADS": str(layout.threads),
                    "BYLINE_QUESTION_CACHE_MB": str(layout.cache_mb),
                }
                with served(home, workers=layout.workers, settings=variables) as service:
                    for endpoint in ENDPOINTS:
                        _add(one, service, endpoint, asked, seconds=seconds)
                    one.memory_mb.append(service.memory_mb())
    sys.stdout.write(
        f"{held} passages, {len(asked)} questions in turn, k = {_K}, p99 of at most {P99_MS:.0f} ms; "
        f"{machine()}, {os.cpu_count()} cores, the load made on the same ones\n\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in lines(found))


if __name__ == "__main__":
    typer.run(main)
