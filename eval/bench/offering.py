"""What came of one rate of requests: the benchmark's view of `eval.cost.load`, which offers them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.cost.client import target_of
from eval.cost.load import measure


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of one rate."""

    rate: float
    """Requests a second that were due."""
    achieved: float
    """Answered with status 200, a second."""
    p50_ms: float
    p99_ms: float
    """From the moment that a request was due; endless if so many failed."""
    errors: int
    """Refusals, other answers, broken connections, and none within 5 seconds after the last was due."""


Offer = Callable[[str, Sequence[bytes], float, float], Offered]
"""URL, bodies sent in turn, requests a second, seconds."""


def offer(url: str, bodies: Sequence[bytes], rate: float, seconds: float) -> Offered:
    """Posts the bodies in turn, at random moments (Poisson) that are the same at every call. Raises EvalError."""
    measured = measure(target_of(url), bodies, rate=rate, seconds=seconds)
    return Offered(
        rate=rate,
        achieved=measured.achieved,
        p50_ms=measured.percentile(50),
        p99_ms=measured.percentile(99),
        errors=measured.refused + measured.failed,
    )
