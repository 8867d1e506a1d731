"""How good retrieval, answers and abstention are, as the pages show it."""

from collections.abc import Iterator, Mapping
from typing import Any

from eval.metrics.names import AUROC
from eval.published.measurements import Document
from eval.reports.figures import plain
from eval.reports.markdown import table

Results = Mapping[str, Any]
"""What each measurement gave, by its name."""

SETS = {
    "shipped": "shipped",
    "squad2": "SQuAD 2.0, 301 paragraphs",
    "chunking": "chunking evaluation",
    "scifact": "SciFact, by article",
}
"""The sets of questions, as the pages call them."""
_RANKED = {"shipped": "nDCG@10", "squad2": "nDCG@10", "chunking": "nDCG@10", "scifact": "article nDCG@10"}
_MEASURES = {
    "shipped": ("nDCG@10", "hit@1", "contained", "right", AUROC),
    "squad2": ("nDCG@10", "contained", "right", AUROC),
    "chunking": ("nDCG@10", "span recall"),
    "scifact": ("article nDCG@10",),
}
OURS, SILENT, TALKATIVE = "byline", "always abstain", "never abstain"
_BESIDE = ("BM25 alone", "dense alone")


def in_short(results: Results) -> Iterator[str]:
    """Ranking of each set, and what share of all questions is answered rightly."""
    yield from table(
        ["nDCG@10, 95 % interval", OURS, *_BESIDE],
        (
            [told, _with_interval(results[name], OURS, _RANKED[name])]
            + [_value(results[name], system, _RANKED[name]) for system in _BESIDE]
            for name, told in SETS.items()
        ),
    )
    ours, silent, talkative = (
        " and ".join(_value(results[name], system, "right") for name in ("shipped", "squad2"))
        for system in (OURS, SILENT, TALKATIVE)
    )
    yield ""
    yield (
        f"Right of all questions, shipped and SQuAD 2.0, those that nothing answers included: {ours}; if it never "
        f"abstained {talkative}, if it always did {silent}."
    )


def in_full(results: Results) -> Iterator[str]:
    """Every measure that a set is judged by."""
    systems = (*_BESIDE, "random passages", SILENT, TALKATIVE)
    yield from table(
        ["questions", "measure", OURS, *systems],
        (
            [told if first else "", measure, _with_interval(results[name], OURS, measure)]
            + [_value(results[name], system, measure) for system in systems]
            for name, told in SETS.items()
            for first, measure in _marked(_MEASURES[name])
        ),
    )


def by_precision(results: Results) -> Iterator[str]:
    """What computing in int8 costs."""
    yield from table(
        ["nDCG@10", "int8", "fp32"],
        (
            [told, *(_value(results[f"{name}{kind}"], OURS, _RANKED[name]) for kind in ("", "-fp32"))]
            for name, told in SETS.items()
        ),
    )


def _marked(measures: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    return ((number == 0, measure) for number, measure in enumerate(measures))


def _estimate(report: Document, system: str, measure: str) -> dict[str, float] | None:
    # where whole documents are judged nothing answers, so nothing abstains
    overall: dict[str, dict[str, float]]
    overall = next((one["overall"] for one in report["systems"] if one["system"] == system), {})
    return overall.get(measure)


def _value(report: Document, system: str, measure: str) -> str:
    found = _estimate(report, system, measure)
    return "–" if found is None else plain(found["value"])


def _with_interval(report: Document, system: str, measure: str) -> str:
    found = _estimate(report, system, measure)
    return "–" if found is None else f"{plain(found['value'])} ({plain(found['low'])} to {plain(found['high'])})"
