"""The report as JSON, for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from eval.metrics.paired import Comparison
from eval.reports.model import Report
from eval.summary import Estimates, Summary


def as_json(report: Report, compared: Sequence[Comparison]) -> str:
    """Every system overall, by tag and by question, the tests, the curves and the failures."""
    evaluation = report.evaluation
    values = {one.system: one.values for one in evaluation.measured}
    document = {
        "title": report.title,
        "about": dict(report.about),
        "systems": [{**_summary(one), "by_question": values[one.system]} for one in evaluation.summaries],
        "tests": [asdict(one) for one in evaluation.comparisons],
        "compared": [asdict(one) for one in compared],
        "failures": [asdict(one) for one in report.failures],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _summary(summary: Summary) -> dict[str, object]:
    return {
        "system": summary.system,
        "overall": _estimates(summary.overall),
        "by_tag": {tag: _estimates(estimates) for tag, estimates in summary.by_tag.items()},
        "recall_curve": None if summary.recall is None else asdict(summary.recall),
        "risk_coverage": None if summary.risk is None else asdict(summary.risk),
    }


def _estimates(estimates: Estimates) -> dict[str, object]:
    return {name: asdict(estimate) for name, estimate in estimates.items()}
