"""The report as one HTML page that opens from disk and asks nothing of the network."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from eval.evaluation import SIGNIFICANT
from eval.metrics.names import BY_NAME
from eval.metrics.paired import Comparison
from eval.reports import figures, svg
from eval.reports.failures_html import failures
from eval.reports.model import Report
from eval.summary import Summary
from eval.text import uncontrolled

_TILES = ("recall@5", "nDCG@10", "span recall", "contained", "citation precision", "right", "AUROC", "article nDCG@10")
_BARS = (("nDCG@10", "Retrieval by tag: nDCG@10"), ("right", "Outcome by tag: right answer or right abstention"))
_DRAWN = 4
"""Systems drawn into one chart: more lines are not told apart."""


def as_html(report: Report, compared: Sequence[Comparison]) -> str:
    """The whole page."""
    style = files("eval.reports").joinpath("report.css").read_text(encoding="utf-8")
    about = "".join(f"<span>{escape(name)}: {escape(told)}</span> " for name, told in report.about)
    body = [
        f"<h1>{escape(report.title)}</h1><p class='about'>{about}</p>",
        _tiles(report.evaluation.summaries[0]),
        _systems(report),
        _curves(report.evaluation.summaries),
        _bars(report.evaluation.summaries[0]),
        _comparison(compared),
        failures(report.failures, of=len(report.evaluation.judged)),
    ]
    return uncontrolled(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(report.title)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _tiles(summary: Summary) -> str:
    tiles = (
        f"<div class='card' title='{escape(figures.meaning(name))}'><span class='soft'>{escape(name)}</span>"
        f"<b>{figures.value(estimate)}</b><span class='soft'>{figures.interval(estimate)}</span></div>"
        for name in _TILES
        if (estimate := summary.overall.get(name)) is not None
    )
    return f"<div class='tiles'>{''.join(tiles)}</div>"


def _systems(report: Report) -> str:
    names = figures.columns(report.evaluation.summaries, headline=True)
    beside = (
        [name for name in names if BY_NAME[name].group in {"retrieval", "spans", "articles"}],
        [name for name in names if BY_NAME[name].group in {"answers", "abstention"}],
    )
    tables = "<br>".join(_table(report, some) for some in beside if some)
    note = f"<p class='soft'>95 % bootstrap intervals over questions below each value. {escape(figures.MARKED)}.</p>"
    return f"<h2>Systems</h2>{note}{tables}"


def _table(report: Report, names: Sequence[str]) -> str:
    differs = {(one.second, one.metric) for one in report.evaluation.comparisons if one.p < SIGNIFICANT}

    def cell(summary: Summary, name: str) -> str:
        estimate = summary.overall.get(name)
        mark = "*" if (summary.system, name) in differs else ""
        interval = "" if estimate is None else f"<small>{figures.interval(estimate)}</small>"
        return f"<td>{figures.value(estimate)}{mark}{interval}</td>"

    head = "".join(f"<th title='{escape(figures.meaning(name))}'>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr class='{'first' if at == 0 else ''}'><td>{escape(summary.system)}</td>"
        f"{''.join(cell(summary, name) for name in names)}</tr>"
        for at, summary in enumerate(report.evaluation.summaries)
    )
    return f"<div class='card wide'><table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _curves(summaries: Sequence[Summary]) -> str:
    recall = [(one.system, one.recall) for one in summaries if one.recall is not None and max(one.recall.y) > 0]
    risk = [(one.system, one.risk) for one in summaries if one.risk is not None]
    charts = []
    if recall:
        drawn = recall[:_DRAWN]
        chart = svg.curves(drawn, x_label="passages k", y_label="recall@k", x_ticks=(1, 5, 10, 15, 20))
        charts.append(_chart("Evidence found among the first k passages", chart, [name for name, _ in drawn]))
    if risk:
        drawn = risk[:_DRAWN]
        ticks = (0, 0.25, 0.5, 0.75, 1)
        chart = svg.curves(drawn, x_label="share of questions answered", y_label="share wrong", x_ticks=ticks)
        charts.append(_chart("Risk and coverage: wrong answers among the surest", chart, [name for name, _ in drawn]))
    note = "<p class='soft'>The band is the 95 % interval of the first system.</p>"
    return f"<h2>Curves</h2>{note}<div class='two'>{''.join(charts)}</div>" if charts else ""


def _chart(title: str, chart: str, names: Sequence[str]) -> str:
    return f"<div class='card'><h3>{escape(title)}</h3>{chart}{svg.legend(names)}</div>"


def _bars(summary: Summary) -> str:
    charts = []
    for metric, title in _BARS:
        named = [(tag, some[metric]) for tag, some in summary.by_tag.items() if metric in some]
        if named:
            named.sort(key=lambda item: -item[1].value)
            charts.append(f"<div class='card'><h3>{escape(title)}</h3>{svg.bars(named, label=title)}</div>")
    note = "<p class='soft'>The number behind a tag is that of its questions; the line is the 95 % interval.</p>"
    return f"<h2>By tag</h2>{note}<div class='two'>{''.join(charts)}</div>" if charts else ""


def _comparison(compared: Sequence[Comparison]) -> str:
    if not compared:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.metric)}</td><td>{figures.signed(one.difference)}</td>"
        f"<td>{escape(figures.p_value(one.p))}</td>"
        f"<td title='{_ids(one.better)}'>{len(one.better)}</td><td title='{_ids(one.worse)}'>{len(one.worse)}</td></tr>"
        for one in compared
    )
    return (
        f"<h2>{escape(compared[0].second)} against {escape(compared[0].first)}</h2><div class='card wide'><table>"
        "<thead><tr><th>measure</th><th>difference</th><th>test</th><th>better on</th><th>worse on</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _ids(questions: Iterable[str]) -> str:
    return escape(" ".join(questions))
