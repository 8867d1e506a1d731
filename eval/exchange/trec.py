"""TREC runs and qrels, as trec_eval and ir-measures read them.

A run has `query Q0 document rank score name` on a line, qrels have `query 0 document grade`. Ids with white space or
percent signs are percent-encoded, as white space ends a field. A passage is the document `article@start-end`.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from corpus.article import Span
from eval.errors import BadExchange
from eval.exchange.lines import as_grade, numbered_lines
from eval.metrics.relevance import Qrels
from eval.systems.protocol import Returned
from eval.text import problem

_PASSAGE = re.compile(r"(?P<article>.+)@(?P<start>[0-9]{1,12})-(?P<end>[0-9]{1,12})")
_UNSAFE = re.compile(r"[\s%]+")


def write_run(file: Path, run: Mapping[str, Sequence[Returned]], *, name: str) -> None:
    """Writes every passage of every question, in order of rank.

    Readers order by score: one that does not fall is written as the next smaller number, so that they find this order.
    """
    lines = [
        f"{_field(question)} Q0 {_field(found.key)} {rank} {score!r} {_field(name)}\n"
        for question, ranking in run.items()
        for rank, (found, score) in enumerate(zip(ranking, _falling(ranking), strict=True), start=1)
    ]
    file.write_text("".join(lines), encoding="utf-8")


def read_run(file: Path, *, of_documents: bool = False) -> dict[str, list[Returned]]:
    """The rankings of a run, by score as trec_eval orders them. Raises BadExchange for a line that is none.

    With `of_documents` every document is a whole article, whatever its id looks like.
    """
    run: dict[str, dict[str, Returned]] = {}
    for number, (question, _, document, _, score, *_) in _rows(file, fields=(6,)):
        value = _number(score, file, number)
        ranking = run.setdefault(question, {})
        if document in ranking:
            raise BadExchange(f"{document} stands twice for {question}", source=file, line=number)
        ranking[document] = Returned(document, None, value) if of_documents else _returned(document, value)
    return {
        # equal scores in descending order of the document, which is trec_eval's rule
        question: [found for _, found in sorted(ranking.items(), key=lambda i: (i[1].score, i[0]), reverse=True)]
        for question, ranking in run.items()
    }


def line_of(file: Path, question: str, document: str) -> int | None:
    """The line of a run that ranks a document for a question; None if none does."""
    for number, (asked, _, named, *_) in _rows(file, fields=(6,)):
        if asked == question and _returned(named, 0.0).key == document:
            return number
    return None


def _falling(ranking: Sequence[Returned]) -> Iterator[float]:
    # trec_eval reads single precision
    last = np.float32(np.inf)
    for found in ranking:
        falls = np.float32(found.score) < last
        last = np.float32(found.score) if falls else np.nextafter(last, np.float32(-np.inf))
        yield found.score if falls else float(last)


def write_qrels(file: Path, qrels: Qrels) -> None:
    """Writes every judgement."""
    lines = [
        f"{_field(question)} 0 {_field(document)} {grade}\n"
        for question, grades in qrels.items()
        for document, grade in grades.items()
    ]
    file.write_text("".join(lines), encoding="utf-8")


def read_qrels(file: Path) -> dict[str, dict[str, int]]:
    """The judgements of a TREC qrels file. Raises BadExchange for a line that is none."""
    qrels: dict[str, dict[str, int]] = {}
    for number, (question, _, document, grade) in _rows(file, fields=(4,)):
        try:
            qrels.setdefault(question, {})[document] = as_grade(grade)
        except ValueError as error:
            raise BadExchange(str(error), source=file, line=number) from error
    return qrels


def _rows(file: Path, *, fields: tuple[int, ...]) -> Iterator[tuple[int, list[str]]]:
    for number, line in numbered_lines(file):
        parts = [unquote(part) for part in line.split()]
        if reason := next((reason for part in parts if (reason := problem(part)) is not None), None):
            raise BadExchange(reason, source=file, line=number)
        if len(parts) not in fields:
            raise BadExchange(f"it has {len(parts)} fields, not {fields[0]}", source=file, line=number)
        yield number, parts


def _number(text: str, file: Path, line: int) -> float:
    try:
        # Python would take 1_0 for ten
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadExchange(f"the score {text!r} is not a number", source=file, line=line)
    return value


def _returned(document: str, score: float) -> Returned:
    match = _PASSAGE.fullmatch(document)
    if match is None or int(match["start"]) >= int(match["end"]):
        return Returned(document, None, score)
    return Returned(match["article"], Span(int(match["start"]), int(match["end"])), score)


def _field(text: str) -> str:
    return _UNSAFE.sub(lambda match: quote(match.group(), safe=""), text)
