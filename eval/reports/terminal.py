"""The table in the terminal."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.evaluation import PRIMARY, PRIMARY_OF_DOCUMENTS, SIGNIFICANT
from eval.metrics.names import BY_NAME
from eval.metrics.paired import Comparison
from eval.reports import figures
from eval.reports.model import Report
from eval.text import printable

_LISTED = 12
"""Changed questions named in the terminal; the files name all."""
_BESIDE = ({"retrieval", "spans"}, {"answers"}, {"abstention"}, {"articles"})
"""Groups of measures that share a table, each narrow enough for 80 columns."""


def print_report(report: Report, console: Console) -> None:
    """Every system by the headline measures, intervals of the first, and who differs from it."""
    console.print(Text(report.title, style="bold"))
    for name, told in report.about:
        console.print(Text(f"  {name}: {told}", style="dim"))
    for names in _tables(figures.columns(report.evaluation.summaries, headline=True)):
        console.print(_table(report, names))
    console.print(Text(figures.MARKED, style="dim"))


def print_comparison(comparisons: Sequence[Comparison], console: Console) -> None:
    """Two systems head to head, and the questions that changed."""
    if not comparisons:
        console.print(Text("\nThe two have no measure in common.", style="bold"))
        return
    title = f"\n{printable(comparisons[0].second)} against {printable(comparisons[0].first)}"
    console.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("measure", "difference", "p", "better on", "worse on"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for one in comparisons:
        cells = (one.metric, figures.signed(one.difference), figures.p_value(one.p).removeprefix("p = "))
        table.add_row(*cells, str(len(one.better)), str(len(one.worse)), style="bold" if _told(one) else "")
    console.print(table)
    for one in (one for one in comparisons if one.metric in {*PRIMARY, *PRIMARY_OF_DOCUMENTS}):
        changed = f"{one.metric}: better on {_some(one.better)}; worse on {_some(one.worse)}"
        console.print(Text(changed, style="dim"))


def _tables(names: Sequence[str]) -> Iterator[list[str]]:
    for groups in _BESIDE:
        chosen = [name for name in names if BY_NAME[name].group in groups]
        if chosen:
            yield chosen


def _table(report: Report, names: Sequence[str]) -> Table:
    differs = {(one.second, one.metric) for one in report.evaluation.comparisons if _told(one)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True, vertical="bottom")
    for at, summary in enumerate(report.evaluation.summaries):
        marks = ["*" if (summary.system, name) in differs else " " for name in names]
        cells = [figures.value(summary.overall.get(name)) + mark for name, mark in zip(names, marks, strict=True)]
        table.add_row(Text(printable(summary.system)), *cells, style="bold" if at == 0 else "")
        if at == 0:
            known = [summary.overall.get(name) for name in names]
            table.add_row("", *("" if one is None else figures.short_interval(one) for one in known), style="dim")
    return table


def _told(one: Comparison) -> bool:
    return one.p < SIGNIFICANT


def _some(questions: Sequence[str]) -> str:
    more = len(questions) - _LISTED
    return " ".join(questions[:_LISTED]) + (f" and {more} more" if more > 0 else "") or "none"
