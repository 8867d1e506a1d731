"""Writes what one call of `byline eval` is to leave behind: reports, and a run with its judgements."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from eval.errors import Unwritable
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


def write_all(wanted: Wanted, report: Report, compared: Sequence[Comparison], qrels: Qrels) -> None:
    """The report in every form that is wanted, and the first system's run and the judgements in TREC form.

    Raises Unwritable for the first file that cannot be written, when the others are.
    """
    forms: tuple[tuple[Form, Path | None], ...] = (
        (as_json, wanted.json),
        (as_markdown, wanted.markdown),
        (as_html, wanted.html),
    )
    writers: list[tuple[Path | None, Callable[[Path], object]]] = [
        (file, partial(_write, form=form, report=report, compared=compared)) for form, file in forms
    ]
    writers.append((wanted.save_run, partial(_write_run, evaluation=report.evaluation, wanted=wanted)))
    writers.append((wanted.save_qrels, partial(write_qrels, qrels=qrels)))
    failed = list[Unwritable]()
    for file, write in writers:
        if file is None:
            continue
        try:
            write(file)
        except OSError as error:
            failed.append(Unwritable(file, str(error.strerror or error)))
    if failed:
        raise failed[0]


def _write(file: Path, *, form: Form, report: Report, compared: Sequence[Comparison]) -> None:
    file.write_text(form(report, compared), encoding="utf-8")


def _write_run(file: Path, *, evaluation: Evaluation, wanted: Wanted) -> None:
    """Of articles where whole documents are judged, and of passages else."""
    first = evaluation.measured[0]
    run = {
        question: by_article(response.passages) if wanted.beir is not None else response.passages
        for question, response in first.responses.items()
    }
    write_run(file, run, name=first.system)
