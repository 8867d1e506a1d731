"""The plots of one run in one SVG file that needs nothing else."""

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from statistics import median

from eval.bench.offering import Offered
from eval.bench.report import Report
from eval.bench.scale import Size
from eval.reports.svg_log import HEIGHT, WIDTH, Places, log_curves, stroke

_STYLE = """
svg { --ink: #1c2024; --soft: #626a73; --line: #dfe3e7; --a: #0b5cad; --b: #c2410c; --c: #15803d; --d: #7c3aed;
  --e: #0e7490; background: #fff; }
text { font: 11px system-ui, sans-serif; fill: var(--ink); } text.title { font-size: 13px; font-weight: 600; }
text.tick, text.axis { fill: var(--soft); } .grid { stroke: var(--line); }
"""
_MARGIN, _TITLE, _KEY = 16, 26, 16
_MILLISECONDS = (("ask, p50", "ask_p50_ms"), ("ask, p99", "ask_p99_ms"),
                 ("ask again, p50", "again_p50_ms"), ("search, p50", "search_p50_ms"),
                 ("search, p99", "search_p99_ms"), ("adding an article", "add_ms"))  # fmt: skip
_MEGABYTES = (("resident memory", "resident_mb"), ("disk", "disk_mb"))

Chart = tuple[str, Sequence[tuple[str, Places]], str, str]
"""Title, lines, and the labels of both axes."""


def as_svg(report: Report) -> str:
    """All charts that there are figures for, one below the other, on logarithmic axes."""
    parts, top = list[str](), _MARGIN
    for title, named, x_label, y_label in _charts(report):
        parts.append(f'<text class="title" x="{_MARGIN}" y="{top + 12}">{escape(title)}</text>')
        chart = log_curves(named, x_label=x_label, y_label=y_label)
        place = f'<svg x="{_MARGIN}" y="{top + _TITLE}" width="{WIDTH}" height="{HEIGHT}" '
        parts.append(chart.replace("<svg ", place, 1))
        top += _TITLE + HEIGHT
        for number, (name, _) in enumerate(named):
            top += _KEY
            parts.append(f'<line x1="{_MARGIN + 58}" x2="{_MARGIN + 82}" y1="{top}" y2="{top}" {stroke(number)}/>')
            parts.append(f'<text x="{_MARGIN + 90}" y="{top + 4}">{escape(name)}</text>')
        top += 2 * _MARGIN
    size = f'viewBox="0 0 {WIDTH + 2 * _MARGIN} {top}" width="{WIDTH + 2 * _MARGIN}" height="{top}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>{"".join(parts)}</svg>\n'


def _charts(report: Report) -> list[Chart]:
    charts = list[Chart]()
    if report.sizes:
        for title, fields, unit in (
            ("What a question costs", _MILLISECONDS, "ms"),
            ("What it takes", _MEGABYTES, "MB"),
        ):
            charts.append((f"{title} by size", _by_size(report.sizes, fields), "passages", unit))
    if report.figures.loads:
        named = [(name, _by_rate(some)) for name, some in report.figures.loads.items()]
        charts.append(("99 of 100 answers over HTTP come within", named, "requests a second", "ms"))
    return charts


def _by_size(sizes: Sequence[Size], fields: Sequence[tuple[str, str]]) -> list[tuple[str, Places]]:
    return [(name, [(float(one.passages), float(getattr(one, field))) for one in sizes]) for name, field in fields]


def _by_rate(some: Sequence[Offered]) -> Places:
    """Median p99 of all rounds at each rate."""
    by_rate = defaultdict[float, list[float]](list)
    for one in some:
        by_rate[one.rate].append(one.p99_ms)
    return [(rate, median(held)) for rate, held in sorted(by_rate.items())]
