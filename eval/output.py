"""Writes what one call of `byline eval` is to leave behind: reports, and a run with its judgements."""

from collections.abc import Callable, Sequence
from pathlib import Path

from eval.evaluation import Evaluation
from eval.exchange.trec import write_qrels, write_run
from eval.metrics.paired import Comparison
from eval.metrics.relevance import Qrels, by_article
from eval.reports.html import as_html
from eval.reports.markdown import as_markdown
from eval.reports.model import Report
from eval.reports.plain_json import as_json
from eval.wanted import Wanted

Form = Callable[[Report, Sequence[Comparison]], str]


def write_report(wanted: Wanted, report: Report, compared: Sequence[Comparison]) -> None:
    """The report in every form that is wanted."""
    forms: tuple[tuple[Form, Path | None], ...] = (
        (as_json, wanted.json),
        (as_markdown, wanted.markdown),
        (as_html, wanted.html),
    )
    for form, file in forms:
        if file is not None:
            file.write_text(form(report, compared), encoding="utf-8")


def write_trec(wanted: Wanted, evaluation: Evaluation, qrels: Qrels) -> None:
    """The first system's run, of articles where whole documents are judged and of passages else, and the judgements."""
    first = evaluation.measured[0]
    if wanted.save_run is not None:
        run = {
            question: by_article(response.passages) if wanted.beir is not None else response.passages
            for question, response in first.responses.items()
        }
        write_run(wanted.save_run, run, name=first.system)
    if wanted.save_qrels is not None:
        write_qrels(wanted.save_qrels, qrels)
