"""The report as Markdown, for a README or a review."""

import re
from collections.abc import Iterable, Iterator, Sequence

from eval.metrics.paired import Comparison
from eval.reports import figures
from eval.reports.model import Report
from eval.summary import Estimates
from eval.text import uncontrolled

_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")


def as_markdown(report: Report, compared: Sequence[Comparison]) -> str:
    """Tables of every system and every tag, the tests, and the failed questions."""
    evaluation = report.evaluation
    names = figures.columns(evaluation.summaries, headline=False)
    lines = [f"# {report.title}", "", *(f"- {name}: {told}" for name, told in report.about), ""]
    lines += table(
        ["measure", *(one.system for one in evaluation.summaries)],
        ([name, *(_with_interval(one.overall, name) for one in evaluation.summaries)] for name in names),
    )
    lines += ["", "95 % bootstrap intervals over questions in brackets.", "", "## Tests against the first", ""]
    lines += _tests(evaluation.comparisons)
    if compared:
        lines += ["", f"## {compared[0].second} against {compared[0].first}", "", *_tests(compared)]
        lines += [line for one in compared for line in _changed(one)]
    first = evaluation.summaries[0]
    headline = figures.columns((first,), headline=True)
    if first.by_tag:
        lines += ["", "## By tag", ""]
        lines += table(
            ["tag", *headline],
            ([tag, *(figures.value(some.get(name)) for name in headline)] for tag, some in first.by_tag.items()),
        )
    if report.failures:
        lines += ["", "## Failed questions", ""]
        lines += table(
            ["id", "question", "what went wrong", "accepted", "answered"],
            ([one.id, one.question, one.why, "; ".join(one.accepted), one.answer or "–"] for one in report.failures),
        )
    return uncontrolled("\n".join(lines) + "\n")


def _tests(comparisons: Iterable[Comparison]) -> Iterator[str]:
    return table(
        ["measure", "system", "difference", "p", "better on", "worse on"],
        (
            [one.metric, one.second, figures.signed(one.difference), figures.p_value(one.p),
             str(len(one.better)), str(len(one.worse))]
            for one in comparisons
        ),
    )  # fmt: skip


def _changed(one: Comparison) -> list[str]:
    if not one.better and not one.worse:
        return []
    return [
        "",
        f"{one.metric}: better on {', '.join(one.better) or 'none'}; worse on {', '.join(one.worse) or 'none'}.",
    ]


def _with_interval(estimates: Estimates, name: str) -> str:
    estimate = estimates.get(name)
    return "–" if estimate is None else f"{figures.value(estimate)} [{figures.interval(estimate)}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table's lines, each made when it is asked for."""
    yield _row(head)
    yield "|" + " --- |" * len(head)
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """One line that neither ends its cell nor is taken for HTML."""
    return _MARKUP.sub("&lt;", " ".join(text.split())).replace("|", "&#124;")
