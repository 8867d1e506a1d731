"""Writes the reports of one run."""

from collections.abc import Callable, Sequence
from pathlib import Path

from eval.bench.plots import as_svg
from eval.bench.report import Report, as_json
from eval.bench.tables import as_markdown
from eval.bench.wanted import Wanted
from eval.errors import Unwritable


def write_all(wanted: Wanted, report: Report) -> None:
    """The report in every form that is wanted. Raises Unwritable for the first that fails, when the others are."""
    forms: Sequence[tuple[Path | None, Callable[[Report], str]]] = (
        (wanted.json, as_json),
        (wanted.markdown, as_markdown),
        (wanted.plot, as_svg),
    )
    failed = list[Unwritable]()
    for file, form in forms:
        if file is None:
            continue
        try:
            file.write_text(form(report), encoding="utf-8")
        except OSError as error:
            failed.append(Unwritable(file, str(error.strerror or error)))
    if failed:
        raise failed[0]
