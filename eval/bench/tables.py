"""The report of one run as Markdown: tables of the systems, of ratios, of aims, of rates and of sizes."""

import math
from collections.abc import Iterator
from statistics import median

from eval.bench.figures import Measure, Ratio
from eval.bench.rate import kept_up
from eval.bench.report import Report, compared
from eval.bench.shows import outcomes
from eval.reports.markdown import table

_AIMS = (("p50 of the full pipeline", "ask_p50_ms", 10.0), ("resident memory MB", "resident_mb", 2000.0),
         ("adding an article, ms", "add_ms", 100.0), ("start, s", "start_s", 5.0))  # fmt: skip
_REACHED = {True: "yes", False: "no", None: "open: not all peers were measured in all rounds"}
_GROWTH = 4.0
_RECALL = 0.99


def as_markdown(report: Report) -> str:
    """Tables of the systems, of ratios, of aims, of rates and of sizes."""
    lines = ["# byline bench", "", *(f"- {name}: {told}" for name, told in report.about), ""]
    for section in (_systems, _ratios, _aims, _loads, _sizes, _failed):
        lines += section(report)
    return "\n".join(lines).rstrip() + "\n"


def _systems(report: Report) -> Iterator[str]:
    had = report.figures.measures()
    if not had:
        return
    yield from table(
        ["measure", *(system.name for system in report.systems)],
        ([_titled(one), *(_cell(report.figures.values(s.name, one), one) for s in report.systems)] for one in had),
    )
    yield from ("", "Medians over rounds; lowest and highest round in brackets.")
    yield from (f"`{system.name}`: {system.told}." for system in report.systems)
    yield ""


def _ratios(report: Report) -> Iterator[str]:
    rows = [
        [f"{_titled(ours)}" if ours == theirs else f"{_titled(ours)}, to {theirs.name}", *map(_ratio, ratios)]
        for ours, theirs in compared(report.figures)
        if any(ratios := [report.figures.ratio(ours, peer, theirs) for peer in report.peers])
    ]
    if rows:
        yield from ("## Byline to each peer", "")
        yield from table(["measure", *report.peers], rows)
        yield from ("", "Ratios within a round: median, lowest and highest.", "")


def _aims(report: Report) -> Iterator[str]:
    found = list(outcomes(report.figures, report.peers))
    if found:
        yield from ("## Aims", "")
        yield from table(
            ["what", "against", "ratio", "aim", "reached"],
            (
                [
                    one.aim.said,
                    one.against,
                    _ratio(one.ratio),
                    f"{'at least' if one.aim.ours.more_is_better else 'at most'} {one.aim.bound:.3g}",
                    _REACHED[one.reached],
                ]
                for one in found
            ),
        )
        yield ""


def _loads(report: Report) -> Iterator[str]:
    if report.figures.loads:
        yield from ("## Rates over HTTP", "")
        yield from table(
            ["service", "offered/s", "answered/s", "p50 ms", "p99 ms", "errors", "kept up"],
            (
                [name, f"{one.rate:.0f}", f"{one.achieved:.0f}", _ms(one.p50_ms), _ms(one.p99_ms), str(one.errors),
                 "yes" if kept_up(one) else "no"]
                for name, some in report.figures.loads.items()
                for one in some
            ),
        )  # fmt: skip
        yield from (
            "",
            "Requests leave at random moments at the rate offered; latencies count from the moment due.",
            "",
        )


def _sizes(report: Report) -> Iterator[str]:
    if not report.sizes:
        return
    yield from ("## Byline by size", "")
    yield from table(
        ["passages", "ask p50 ms", "p99", "again p50", "search p50 ms", "p99", "resident MB", "start s", "add ms",
         "recall@10", "in manifest", "index", "built s", "peak MB", "disk MB"],
        (
            [f"{one.passages:,}{'*' if one.made else ''}", f"{one.ask_p50_ms:.2f}", f"{one.ask_p99_ms:.2f}",
             f"{one.again_p50_ms:.2f}", f"{one.search_p50_ms:.2f}", f"{one.search_p99_ms:.2f}",
             f"{one.resident_mb:.0f}", f"{one.start_s:.2f}", f"{one.add_ms:.1f}", f"{one.recall:.3f}",
             f"{one.manifest_recall:.3f}", one.kind, f"{one.build_s:.1f}", f"{one.build_peak_mb:.0f}",
             f"{one.disk_mb:.0f}"]
            for one in report.sizes
        ),
    )  # fmt: skip
    yield ""
    yield "Questions are asked for the first time, then all of them again; the searches come after both."
    if any(one.made for one in report.sizes):
        yield "* Not encoded: texts are put together from sentences of real passages, with their word pieces there, and"
        yield "vectors are those of its passages moved at random to a cosine of 0.9. Of cost, and not of quality."
    first, last = report.sizes[0], report.sizes[-1]
    parts = [f"{name} {getattr(last, field):.3g} (at most {bound:g})" for name, field, bound in _AIMS]
    yield f"At {last.passages:,}: {'; '.join(parts)}; recall@10 {last.recall:.3f} (at least {_RECALL})."
    if len(report.sizes) > 1:
        growth = last.ask_p50_ms / first.ask_p50_ms
        yield f"p50 from {first.passages:,} to {last.passages:,}: {growth:.2f} times (at most {_GROWTH:g})."
    yield ""


def _failed(report: Report) -> Iterator[str]:
    if report.figures.failed:
        yield from ("## Not measured", "")
        for system, reasons in report.figures.failed.items():
            yield from (f"- {system}: {reason}" for reason in reasons)
        yield ""


def _titled(measure: Measure) -> str:
    return f"{measure.name}, {measure.unit}" if measure.unit else measure.name


def _cell(values: list[float], measure: Measure) -> str:
    if not values:
        return "–"
    told = f"{median(values):.{measure.places}f}"
    if len(values) == 1:
        return told
    return f"{told} ({min(values):.{measure.places}f}–{max(values):.{measure.places}f})"


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return "–"
    told = f"{ratio.middle:.3g}"
    return told if ratio.rounds == 1 else f"{told} ({ratio.low:.3g}–{ratio.high:.3g})"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if math.isfinite(milliseconds) else "–"
