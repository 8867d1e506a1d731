"""BEIR folders: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv (Thakur et al., 2021), read and written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.article import Article
from corpus.readers.json_records import parse_record
from eval.errors import BadExchange
from eval.exchange.lines import as_grade, numbered_lines
from eval.metrics.relevance import Qrels
from eval.questions.values import Question
from eval.text import problem, question_problem


@dataclass(frozen=True, slots=True)
class Beir:
    """The judged queries of one split. The corpus is read where articles are read."""

    corpus: Path
    queries: tuple[Question, ...]
    qrels: Qrels
    judgements: Path
    """Where they are from."""


def read_beir(folder: Path, *, split: str) -> Beir:
    """The queries that `qrels/SPLIT.tsv` judges. Raises BadExchange if a file or a judged query is missing."""
    if not folder.is_dir():
        raise BadExchange("there is no such folder", source=folder)
    qrels_file = folder / "qrels" / f"{split}.tsv"
    if not qrels_file.exists():
        there = ", ".join(splits_of(folder)) or "none"
        raise BadExchange(f"there are no judgements for the split {split}; there are: {there}", source=qrels_file)
    if not (folder / "corpus.jsonl").exists():
        raise BadExchange("it is missing", source=folder / "corpus.jsonl")
    qrels = _read_qrels(qrels_file)
    texts = _read_queries(folder / "queries.jsonl")
    for query in qrels:
        if query not in texts:
            raise BadExchange(
                f"{qrels_file.name} judges the query {query}, which it lacks", source=folder / "queries.jsonl"
            )
    queries = tuple(Question(id=query, text=texts[query]) for query in qrels)
    return Beir(folder / "corpus.jsonl", queries, qrels, qrels_file)


def splits_of(folder: Path) -> list[str]:
    """The splits that have judgements."""
    return sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))


def write_beir(
    folder: Path, *, articles: Iterable[Article], questions: Iterable[Question], qrels: Qrels, split: str
) -> None:
    """Writes a collection for evaluators that read BEIR."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    corpus = ({"_id": article.id, "title": article.title, "text": article.text} for article in articles)
    _write_lines(folder / "corpus.jsonl", corpus)
    _write_lines(folder / "queries.jsonl", ({"_id": one.id, "text": one.text} for one in questions))
    rows = [f"{query}\t{doc}\t{grade}\n" for query, grades in qrels.items() for doc, grade in grades.items()]
    (folder / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8")


def _read_qrels(file: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, line in numbered_lines(file):
        parts = line.rstrip("\r").split("\t")
        if number == 1 and parts[-1] == "score":
            continue
        try:
            query, document, grade = parts
            value = as_grade(grade)
        except ValueError as error:
            reason = "it must be query, document and a whole grade, with tabs between"
            raise BadExchange(reason, source=file, line=number) from error
        if document in qrels.setdefault(query, {}):
            raise BadExchange(f"{document} is judged twice for {query}", source=file, line=number)
        qrels[query][document] = value
    if not qrels:
        raise BadExchange("it judges nothing", source=file)
    return qrels


def _read_queries(file: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, line in numbered_lines(file):
        try:
            record: dict[str, Any] = parse_record(line)
        except ValueError as error:
            raise BadExchange(str(error), source=file, line=number) from error
        for field, find_problem in (("_id", problem), ("text", question_problem)):
            reason = find_problem(record.get(field))
            if reason is not None:
                raise BadExchange(f"{field}: {reason}", source=file, line=number)
        if record["_id"] in texts:
            raise BadExchange(f"the query {record['_id']} stands twice", source=file, line=number)
        texts[record["_id"]] = record["text"]
    return texts


def _write_lines(file: Path, records: Iterable[dict[str, str]]) -> None:
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    file.write_text("".join(lines), encoding="utf-8")
