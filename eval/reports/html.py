"""stub"""

from collections.abc import Sequence

from eval.metrics.paired import Comparison
from eval.reports.model import Report


def as_html(report: Report, compared: Sequence[Comparison]) -> str:
    """stub"""
    return ""
