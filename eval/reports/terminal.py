"""The table in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from eval.metrics.names import BY_NAME
from eval.metrics.paired import Comparison
from eval.reports import figures
from eval.reports.model import Report

_LISTED = 12
"""Changed questions named in the terminal; the files name all."""
_SIGNIFICANT = 0.05


def print_report(report: Report, console: Console) -> None:
    """Every system by the headline measures, intervals of the first, and who differs from it."""
    summaries = report.evaluation.summaries
    names = figures.columns(summaries, headline=True)
    console.print(Text(report.title, style="bold"))
    for name, told in report.about:
        console.print(Text(f"  {name}: {told}", style="dim"))
    half = (len(names) + 1) // 2 if len(names) > 8 else len(names)  # noqa: PLR2004 - columns that fit 100 characters
    console.print(Group(*(_table(report, part) for part in (names[:half], names[half:]) if part)))
    console.print(Text("* differs from the first row: paired randomisation test, p < .05", style="dim"))


def print_comparison(comparisons: Sequence[Comparison], console: Console) -> None:
    """Two systems head to head, and the questions that changed."""
    first, second = comparisons[0].first, comparisons[0].second
    table = Table(box=box.SIMPLE_HEAD, title=f"{second} against {first}", title_justify="left")
    for name in ("measure", "difference", "p", "better", "worse"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for one in comparisons:
        style = "bold" if one.p < _SIGNIFICANT else ""
        row = (one.metric, figures.signed(one.difference), figures.p_value(one.p)[2:], str(len(one.better)), str(len(one.worse)))
        table.add_row(*row, style=style)
    console.print(table)
    for one in comparisons:
        if one.p < _SIGNIFICANT:
            console.print(Text(f"{one.metric}: better on {_some(one.better)}; worse on {_some(one.worse)}", style="dim"))


def _table(report: Report, names: Sequence[str]) -> Table:
    summaries = report.evaluation.summaries
    differs = {(one.second, one.metric) for one in report.evaluation.comparisons if one.p < _SIGNIFICANT}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in names:
        table.add_column(name if BY_NAME[name].group != "articles" else name.replace("article ", "article\n"), justify="right")
    for at, summary in enumerate(summaries):
        cells = [
            figures.value(summary.overall.get(name)) + ("*" if (summary.system, name) in differs else "")
            for name in names
        ]
        table.add_row(summary.system, *cells, style="bold" if at == 0 else "")
        if at == 0:
            ends = [summary.overall.get(name) for name in names]
            table.add_row("  95 %", *("" if one is None else figures.interval(one) for one in ends), style="dim")
    return table


def _some(questions: Sequence[str]) -> str:
    more = len(questions) - _LISTED
    return " ".join(questions[:_LISTED]) + (f" and {more} more" if more > 0 else "") or "none"
