"""Figures as text: one way to write a value, an interval and a p-value in every report."""

from eval.metrics.intervals import Estimate
from eval.metrics.names import BY_NAME, METRICS
from eval.summary import Summary

MARKED = "* differs from the first row: paired randomisation test, p < .05, not corrected for the number of tests"
"""Stands below every table with marks."""
_CERTAIN = 0.001


def value(estimate: Estimate | None) -> str:
    """`.123`, or a dash for a measure the system does not have."""
    return "–" if estimate is None else plain(estimate.value)


def interval(estimate: Estimate) -> str:
    """`.101-.145`."""
    return f"{plain(estimate.low)}–{plain(estimate.high)}"


def short_interval(estimate: Estimate) -> str:
    """`.10-.15`, for a narrow column."""
    ends = (plain(end, places=2) for end in (estimate.low, estimate.high))
    return "–".join("1.0" if end == "1.00" else end for end in ends)


def plain(number: float, *, places: int = 3) -> str:
    """Three decimals, without the zero in front."""
    text = f"{number:.{places}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def signed(number: float) -> str:
    """With its sign."""
    return ("+" if number > 0 else "") + plain(number)


def p_value(p: float) -> str:
    """`p = .012` or `p < .001`."""
    return "p < .001" if p < _CERTAIN else f"p = {plain(p)}"


def columns(summaries: tuple[Summary, ...], *, headline: bool) -> list[str]:
    """The measures that at least one system has; only those of the short tables with `headline`."""
    had = {name for summary in summaries for name in summary.overall}
    chosen = [metric.name for metric in METRICS if metric.name in had and (metric.headline or not headline)]
    return chosen or [metric.name for metric in METRICS if metric.name in had]


def meaning(name: str) -> str:
    """What a measure says."""
    return BY_NAME[name].meaning
