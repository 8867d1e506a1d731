"""TREC and BEIR files: what is written is read back, and ir-measures' own command line agrees on it."""

import json
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Span
from eval.errors import BadExchange
from eval.exchange.beir import read_beir, write_beir
from eval.exchange.trec import read_qrels, read_run, write_qrels, write_run
from eval.metrics import ranked
from eval.questions.values import Question
from eval.systems.protocol import Returned
from tests.eval.samples import RIVER, TALKS

IDS = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()) and text.isprintable())


@given(st.dictionaries(IDS, st.dictionaries(IDS, st.floats(0, 1, width=32), min_size=1, max_size=5), max_size=4))
def test_a_run_is_read_as_it_was_written(scores: dict[str, dict[str, float]]) -> None:
    run = {
        question: [Returned(article, Span(3, 9), score) for article, score in sorted(some.items(), key=_best_first)]
        for question, some in scores.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.trec"
        write_run(file, run, name="a system")
        again = read_run(file)
    assert {q: [one.key for one in some] for q, some in again.items()} == {
        q: [one.key for one in some] for q, some in run.items()
    }
    for question, some in again.items():
        # equal scores are written as the next smaller ones
        assert [one.score for one in some] == pytest.approx([one.score for one in run[question]], abs=1e-6)
        single = [np.float32(one.score) for one in some]
        assert all(after < before for before, after in pairwise(single))


def _best_first(item: tuple[str, float]) -> float:
    return -item[1]


def test_qrels_are_read_as_they_were_written(tmp_path: Path) -> None:
    qrels = {"q 1": {"an article@3-9": 1, "100%": 0}, "q2": {"b": 2}}
    write_qrels(tmp_path / "qrels", qrels)
    assert read_qrels(tmp_path / "qrels") == qrels


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q Q0 d 1 high s", "not a number"),
        ("q Q0 d 1 nan s", "not a number"),
        ("q Q0 d 1 s", "5 fields"),
        ("p Q0 d 1 1 s", "twice"),
        ("q Q0 d 1 1_0 s", "not a number"),
        ("q Q0 d%00 1 1.0 s", "holds a NUL"),
    ],
)
def test_a_wrong_line_of_a_run_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "run.trec"
    file.write_text(f"p Q0 d 1 1.0 s\n{line}\n", encoding="utf-8")
    with pytest.raises(BadExchange, match=reason) as refused:
        read_run(file)
    assert str(refused.value).startswith(f"{file}, line 2: ")


def test_a_beir_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    questions = [Question("a", "Who swam?"), Question("b", "What was proposed?"), Question("c", "Not judged?")]
    qrels = {"b": {"talks": 1}, "a": {"river": 2, "talks": 0}}
    write_beir(tmp_path, articles=[RIVER, TALKS], questions=questions, qrels=qrels, split="dev")
    found = read_beir(tmp_path, split="dev")
    assert found.qrels == qrels
    assert [(one.id, one.text) for one in found.queries] == [("b", "What was proposed?"), ("a", "Who swam?")]
    corpus = [json.loads(line) for line in found.corpus.read_text(encoding="utf-8").splitlines()]
    assert corpus[0] == {"_id": "river", "title": RIVER.title, "text": RIVER.text}


def test_a_judged_query_without_text_and_a_split_without_judgements_are_refused(tmp_path: Path) -> None:
    write_beir(tmp_path, articles=[RIVER], questions=[Question("a", "?")], qrels={"b": {"river": 1}}, split="dev")
    with pytest.raises(BadExchange, match="judges the query b"):
        read_beir(tmp_path, split="dev")
    with pytest.raises(BadExchange, match="there are: dev"):
        read_beir(tmp_path, split="test")


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("queries.jsonl", '{"_id": "a", "text": null}', "line 1: text: it must be text"),
        ("queries.jsonl", '{"_id": "a", "text": "b"}\n{"_id": "a", "text": "c"}', "line 2: the query a stands twice"),
        ("queries.jsonl", "{", "line 1: it is not valid JSON"),
        ("qrels/dev.tsv", "a\triver\t1\na\triver\t0", "line 2: river is judged twice for a"),
        ("qrels/dev.tsv", "query-id\tcorpus-id\tscore\n", "it judges nothing"),
        ("qrels/dev.tsv", "a river 1", "line 1: it must be query, document"),
        ("qrels/dev.tsv", "a\triver\t1_0", "line 1: it must be query, document"),
        ("qrels/dev.tsv", "a\triver\t" + "9" * 30, "line 1: it must be query, document"),
        ("queries.jsonl", json.dumps({"_id": "a", "text": "b" * 2001}), "line 1: text: it has 2,001 characters"),
    ],
)
def test_a_wrong_line_of_a_beir_folder_is_named(tmp_path: Path, file: str, content: str, reason: str) -> None:
    write_beir(tmp_path, articles=[RIVER], questions=[Question("a", "?")], qrels={"a": {"river": 1}}, split="dev")
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(BadExchange, match=reason) as refused:
        read_beir(tmp_path, split="dev")
    assert str(refused.value).startswith(str(tmp_path / file))


def test_an_id_that_looks_like_a_passage_is_a_document_where_documents_are_judged(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"q": [Returned("a@0-20", None, 1.0)]}, name="s")
    assert read_run(tmp_path / "run", of_documents=True)["q"][0] == Returned("a@0-20", None, 1.0)
    assert read_run(tmp_path / "run")["q"][0].span == Span(0, 20)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    for read in (read_run, read_qrels):
        (tmp_path / "file").write_bytes(b"q 0 d 1\n\xff\xfe\x00")
        with pytest.raises(BadExchange, match=r"file, line 2: it is not UTF-8: invalid start byte$"):
            read(tmp_path / "file")
        with pytest.raises(BadExchange) as missing:
            read(tmp_path / "nowhere")
        assert str(missing.value) == f"{tmp_path / 'nowhere'}: it cannot be read: No such file or directory"


def test_the_command_line_of_ir_measures_gives_our_numbers_and_half_a_run_half_of_them(tmp_path: Path) -> None:
    ranking = [Returned("wrong", None, 0.9), Returned("right", None, 0.4)]
    qrels = {f"q{n}": {"right": 1} for n in range(4)}
    complete = dict.fromkeys(qrels, ranking)
    half = dict.fromkeys(("q0", "q1"), ranking)
    for run, share in ((complete, 1.0), (half, 0.5)):
        write_run(tmp_path / "run", run, name="ours")
        write_qrels(tmp_path / "qrels", qrels)
        ours = ranked.ranked(ranked.ARTICLES, run, qrels)
        mean = sum(ours["article nDCG@10"].values()) / len(qrels)
        assert mean == pytest.approx(share * 0.6309, abs=1e-4)
        command = [sys.executable, "-m", "ir_measures", "qrels", "run", "nDCG@10", "RR@10"]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
        assert said == ["nDCG@10", f"{mean:.4f}", "RR@10", f"{share * 0.5:.4f}"]
