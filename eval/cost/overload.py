"""`python -m eval.cost.overload`: what becomes of questions when twice as many come as can be answered.

The rate is raised until no more are answered, which is saturation. Then that rate and twice that rate are kept up, and
a process of its own asks `/livez` all the while. The load is made on the processors that the service has.
"""

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated

import typer

from eval.cost.client import Target, target_of
from eval.cost.load import Measured, measure, percentile
from eval.cost.question import machine, questions_of
from eval.cost.recombined import recombined_library
from eval.cost.served import served
from eval.errors import EvalError
from eval.reports.markdown import table
from eval.told import telling_errors
from service.settings import load_settings

CONNECTIONS = 512
"""More than wait and are being answered, so that the service and not the client is what is full."""
_LOWEST = 50.0
_STEP = 1.3
_GROWTH = 1.03
"""A step that answers no more than this times the best before it is the last but one."""
_END_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Round:
    """One saturation and the load of twice its rate."""

    once: Measured
    """At the rate at which the service is saturated."""
    twice: Measured
    """At twice that rate."""
    alive_ms: Sequence[float] = field(repr=False)
    """How long each answer of /livez took at twice the rate."""

    @property
    def goodput(self) -> float:
        """Answered a second at twice the rate, as a share of what is answered at saturation."""
        return self.twice.achieved / self.once.achieved


def peak_of(target: Target, bodies: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS) -> float:
    """The most that are answered in a second at any rate: raised until two steps bring no more."""
    best, stale, rate = 0.0, 0, _LOWEST
    while stale < 2:  # noqa: PLR2004 - one step may be unlucky
        achieved = measure(target, bodies, rate=rate, seconds=seconds, connections=connections).achieved
        stale = 0 if achieved > _GROWTH * best else stale + 1
        best, rate = max(best, achieved), rate * _STEP
    return best


def overloaded(
    target: Target, bodies: Sequence[bytes], *, peak: float, seconds: float, connections: int = CONNECTIONS
) -> Round:
    """Keeps up a rate and twice the rate, and asks whether the service lives from another process."""
    once, _ = _watched(target, bodies, rate=peak, seconds=seconds, connections=connections)
    return Round(once, *_watched(target, bodies, rate=2 * peak, seconds=seconds, connections=connections))


def _watched(
    target: Target, bodies: Sequence[bytes], *, rate: float, seconds: float, connections: int
) -> tuple[Measured, list[float]]:
    address = f"http://{target.host}:{target.port}/livez"
    probe = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "eval.cost.probe", address, "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        measured = measure(target, bodies, rate=rate, seconds=seconds, connections=connections)
        told_ms, _ = probe.communicate(timeout=_END_SECONDS)
    finally:
        probe.kill()
    if probe.returncode:
        raise EvalError("/livez could not be asked")
    return measured, [float(line) for line in told_ms.split()]


def lines(rounds: Sequence[Round]) -> Iterator[str]:
    """The table: medians over rounds, with the lowest and highest in brackets."""
    rows: list[tuple[str, list[float]]] = [
        ("answered a second at saturation", [one.once.achieved for one in rounds]),
        ("answered a second at twice that rate", [one.twice.achieved for one in rounds]),
        ("share of that", [one.goodput for one in rounds]),
        ("p99 of the answered, ms", [percentile(one.twice.latencies_ms, 99) for one in rounds]),
        ("refused", [one.twice.refused for one in rounds]),
        ("p99 of the refused, ms", [percentile(one.twice.refusals_ms, 99) for one in rounds]),
        ("failed", [one.twice.failed for one in rounds]),
        ("p99 of /livez, ms", [percentile(one.alive_ms, 99) for one in rounds]),
    ]
    yield from table(["at twice the load", "median (range)"], ([name, _spread(found)] for name, found in rows))


def _spread(found: Sequence[float]) -> str:
    if not all(map(math.isfinite, found)):
        return "–"
    digits = 2 if max(found) < 10 else 0  # noqa: PLR2004 - two figures that tell something
    low, middle, high = (f"{value:.{digits}f}" for value in (min(found), median(found), max(found)))
    return middle if low == high else f"{middle} ({low} to {high})"


def main(
    *,
    passages: Annotated[int, typer.Option(min=1, help="About so many.")] = 5000,
    questions: Annotated[int, typer.Option(min=1, help="So many of the shipped questions, asked in turn.")] = 150,
    workers: Annotated[int, typer.Option(min=1, help="Serving processes.")] = 1,
    seconds: Annotated[float, typer.Option(help="How long twice the rate is kept up; each step takes a fifth.")] = 20,
    runs: Annotated[int, typer.Option(min=1, help="Rounds, each with a service of its own.")] = 3,
    endpoint: Annotated[str, typer.Option(help="`search` or `ask`.")] = "search",
) -> None:
    """Print what is answered, refused and failed at twice the rate that can be answered."""
    with telling_errors():
        settings = load_settings()
        asked = questions_of(None, most=questions)
        with recombined_library(settings, passages=passages) as parts:
            held, home = parts.engine.check_ready(), parts.settings.home
        rounds = []
        for _ in range(runs):
            # every question is encoded, as from people who do not ask what others have asked
            with served(home, workers=workers, settings={"BYLINE_QUESTION_CACHE_MB": "0"}) as service:
                target = target_of(f"{service.url}/v1/{endpoint}")
                bodies = target.bodies(asked, k=10)
                measure(target, bodies, rate=_LOWEST, seconds=1)
                peak = peak_of(target, bodies, seconds=seconds / 5)
                rounds.append(overloaded(target, bodies, peak=peak, seconds=seconds))
    sys.stdout.write(
        f"{held} passages, {len(asked)} questions in turn to /v1/{endpoint}, {workers} process(es); "
        f"{machine()}, {os.cpu_count()} cores, the load made on the same ones\n\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in lines(rounds))


if __name__ == "__main__":
    typer.run(main)
