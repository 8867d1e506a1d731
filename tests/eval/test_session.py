"""`byline eval` from its options to its output, without a model."""

import json
import re
from pathlib import Path

import pytest

from eval.errors import BadCollection, BadExchange, UnknownSplit, UnknownSystem, Unwritable
from eval.exchange.beir import write_beir
from eval.exchange.trec import read_run
from eval.questions.values import Question
from eval.session import carry_out
from eval.wanted import Wanted
from tests.eval.samples import RIVER, TALKS, article_files, open_fake, question_file


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BYLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BYLINE_MAX_TOKENS", "16")
    monkeypatch.setenv("BYLINE_OVERLAP_TOKENS", "0")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def files(tmp_path: Path) -> Wanted:
    folder = article_files(tmp_path / "news")
    return Wanted(questions=question_file(folder), articles=(folder,))


def test_a_folder_with_its_questions_is_evaluated_and_every_report_written(
    tmp_path: Path, files: Wanted, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = Wanted(
        questions=files.questions,
        articles=files.articles,
        compare=("BM25 alone", "byline"),
        json=tmp_path / "r.json",
        markdown=tmp_path / "r.md",
        html=tmp_path / "r.html",
        save_run=tmp_path / "r.trec",
        save_qrels=tmp_path / "r.qrels",
    )
    carry_out(wanted, home=None, open_parts=open_fake)
    printed = capsys.readouterr().out
    for name in ("byline", "BM25 alone", "dense alone", "random passages", "first passages", "always abstain",
                 "never abstain", "most common answers"):  # fmt: skip
        assert name in printed
    assert "byline against BM25 alone" in printed
    assert max(map(len, printed.splitlines())) <= 80
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [one["system"] for one in report["systems"]][:3] == ["byline", "BM25 alone", "dense alone"]
    assert set(report["systems"][0]["by_tag"]) == {"who", "what", "when", "off-topic"}
    assert "## By tag" in (tmp_path / "r.md").read_text(encoding="utf-8")
    assert set(read_run(tmp_path / "r.trec")) == {"a0", "a1", "a2", "u1"}


def test_the_page_asks_nothing_of_the_network_and_is_not_steered_by_a_question(tmp_path: Path, files: Wanted) -> None:
    page = tmp_path / "r.html"
    assert files.questions is not None
    lines = files.questions.read_text(encoding="utf-8")
    hostile = lines.replace('"question": "', '"question": "<script>alert(1)</script> ')
    files.questions.write_text(hostile, encoding="utf-8")
    carry_out(Wanted(questions=files.questions, articles=files.articles, html=page), home=None, open_parts=open_fake)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|@import|url\(|<script|<link|<img", text)
    assert "&lt;script&gt;alert(1)" in text


def test_two_runs_of_one_name_are_two_rows(tmp_path: Path, files: Wanted) -> None:
    runs = []
    for place, document in (("a", "river@0-38"), ("b", "talks@0-34")):
        (tmp_path / place).mkdir()
        runs.append(tmp_path / place / "run.trec")
        runs[-1].write_text(f"a0 Q0 {document} 1 1.0 s\n", encoding="utf-8")
    out = tmp_path / "r.json"
    given = (str(runs[0]), str(runs[1]))
    carry_out(
        Wanted(questions=files.questions, articles=files.articles, runs=tuple(runs), compare=given, json=out),
        home=None,
        open_parts=open_fake,
    )
    report = json.loads(out.read_text(encoding="utf-8"))
    rows = {one["system"]: one["by_question"] for one in report["systems"]}
    assert rows[given[0]] != rows[given[1]]
    assert [report["compared"][0][name] for name in ("first", "second")] == list(given)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("zz Q0 river@0-38 1 1.0 s", "none of its queries is among the questions"),
        ("a0 Q0 lake@0-38 1 1.0 s", "none of its documents is in the library"),
        ("a0 Q0 river@0-9000 1 1.0 s", "run.trec, line 1: river@0-9000 of the query a0 ends behind its article"),
        (
            "a0 Q0 river@26-0 1 1.0 s",
            "run.trec, line 1: river@26-0 is no passage of river: it is written ARTICLE@",
        ),
        (f"a0 Q0 river@0-{'9' * 23} 1 1.0 s", "line 1: river@0-9{23} is no passage of river: .*at most 12 digits"),
    ],
)
def test_a_run_of_something_else_is_refused(tmp_path: Path, files: Wanted, line: str, reason: str) -> None:
    run = tmp_path / "run.trec"
    run.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(BadExchange, match=reason):
        carry_out(
            Wanted(questions=files.questions, articles=files.articles, runs=(run,)), home=None, open_parts=open_fake
        )


def test_judgements_of_other_documents_only_are_refused_as_a_run_of_them_is(tmp_path: Path) -> None:
    asked = [Question("q", "What froze?")]
    write_beir(tmp_path, articles=[RIVER], questions=asked, qrels={"q": {"lake": 1}}, split="test")
    with pytest.raises(BadExchange, match=r"test\.tsv: none of the documents that it judges is in corpus\.jsonl"):
        carry_out(Wanted(beir=tmp_path), home=None, open_parts=open_fake)
    with pytest.raises(BadExchange, match="nowhere: there is no such folder"):
        carry_out(Wanted(beir=tmp_path / "nowhere"), home=None, open_parts=open_fake)


def test_no_report_has_what_would_steer_a_terminal(tmp_path: Path, files: Wanted) -> None:
    assert files.questions is not None
    lines = files.questions.read_text(encoding="utf-8")
    files.questions.write_text(lines.replace('"who"', '"who\\u001b[31m\\u202e"'), encoding="utf-8")
    wanted = Wanted(
        questions=files.questions, articles=files.articles, markdown=tmp_path / "r.md", html=tmp_path / "r.html"
    )
    carry_out(wanted, home=None, open_parts=open_fake)
    for file in (tmp_path / "r.md", tmp_path / "r.html"):
        page = file.read_text(encoding="utf-8")
        assert "who\\x1b[31m\\u202e" in page
        assert "\x1b" not in page


def test_a_run_called_like_a_row_does_not_stand_in_for_it(tmp_path: Path, files: Wanted) -> None:
    run, out = tmp_path / "byline", tmp_path / "r.json"
    run.write_text("a0 Q0 river@0-38 1 1.0 s\n", encoding="utf-8")
    compare = ("byline", str(run))
    wanted = Wanted(questions=files.questions, articles=files.articles, runs=(run,), compare=compare, json=out)
    carry_out(wanted, home=None, open_parts=open_fake)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert [one["system"] for one in report["systems"]].count("byline") == 1
    assert (report["compared"][0]["first"], report["compared"][0]["second"]) == compare


def test_what_can_be_written_is_written_though_another_file_cannot(tmp_path: Path, files: Wanted) -> None:
    page, full = tmp_path / "r.html", Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here, which fails every write")
    with pytest.raises(Unwritable, match="/dev/full cannot be written: No space left"):
        carry_out(
            Wanted(questions=files.questions, articles=files.articles, json=full, html=page),
            home=None,
            open_parts=open_fake,
        )
    assert page.stat().st_size > 1000


@pytest.mark.parametrize("name", ["questions.jsonl", "folder", "twice"])
def test_a_file_that_is_read_or_written_already_is_no_place_for_a_report(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / name
    with pytest.raises(Unwritable):
        Wanted(questions=tmp_path / "questions.jsonl", json=file, html=file)


def test_a_file_without_accepted_answers_is_evaluated_all_the_same(tmp_path: Path, files: Wanted) -> None:
    """Evidence may come without answers, and a file may hold nothing but what the articles do not answer."""
    assert files.questions is not None
    lines = [json.loads(line) for line in files.questions.read_text(encoding="utf-8").splitlines()]
    out = tmp_path / "r.json"
    for some in ([{**line, "answers": []} for line in lines], lines[3:]):
        files.questions.write_text("".join(json.dumps(line) + "\n" for line in some), encoding="utf-8")
        carry_out(Wanted(questions=files.questions, articles=files.articles, json=out), home=None, open_parts=open_fake)
        overall = json.loads(out.read_text(encoding="utf-8"))["systems"][0]["overall"]
        assert ("AUROC" in overall) == (len(some) > 1)


def test_a_saved_run_scores_as_the_system_it_is_of(tmp_path: Path, files: Wanted) -> None:
    run, out = tmp_path / "again.trec", tmp_path / "r.json"
    given = {"questions": files.questions, "articles": files.articles}
    carry_out(Wanted(**given, save_run=run), home=None, open_parts=open_fake)  # type: ignore[arg-type]
    carry_out(Wanted(**given, runs=(run,), json=out), home=None, open_parts=open_fake)  # type: ignore[arg-type]
    systems = {one["system"]: one["overall"] for one in json.loads(out.read_text(encoding="utf-8"))["systems"]}
    for name in ("nDCG@10", "MAP", "recall@5", "span IoU"):
        assert systems["again.trec"][name] == systems["byline"][name]


def test_each_part_is_switched_off_in_turn(
    files: Wanted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYLINE_OVERLAP_TOKENS", "4")
    wanted = Wanted(questions=files.questions, articles=files.articles, ablate=True)
    carry_out(wanted, home=None, open_parts=open_fake)
    printed = capsys.readouterr().out
    for part in ("late interaction", "dates", "spelling", "parts", "copies", "history", "second citation",
                 "abstention", "title prefix", "overlap", "boilerplate marks"):  # fmt: skip
        assert f"- {part}" in printed
    for part in ("fusion", "dense", "BM25"):
        assert f"{part} alone" in printed


def test_a_beir_folder_is_evaluated_by_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = [Question("q1", "Who swam the cold river?"), Question("q2", "ministry talks in May")]
    qrels = {"q1": {"river": 1}, "q2": {"talks": 1}}
    write_beir(tmp_path, articles=[RIVER, TALKS], questions=questions, qrels=qrels, split="dev")
    wanted = Wanted(beir=tmp_path, split="dev", save_run=tmp_path / "r.trec", json=tmp_path / "r.json")
    carry_out(wanted, home=None, open_parts=open_fake)
    assert "article" in capsys.readouterr().out
    overall = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["systems"][0]["overall"]
    assert overall["article nDCG@10"]["value"] == 1.0
    assert {one.key for one in read_run(tmp_path / "r.trec")["q1"]} == {"river", "talks"}


def test_what_cannot_be_evaluated_is_an_error(tmp_path: Path, files: Wanted) -> None:
    with pytest.raises(UnknownSystem, match="sailor is neither"):
        carry_out(
            Wanted(questions=files.questions, articles=files.articles, compare=("sailor", "byline")),
            home=None,
            open_parts=open_fake,
        )
    with pytest.raises(UnknownSplit, match="--split: training is none of dev, test, all"):
        carry_out(
            Wanted(questions=files.questions, articles=(tmp_path / "nowhere",), split="training"),
            home=None,
            open_parts=open_fake,
        )
    with pytest.raises(Unwritable):
        Wanted(html=tmp_path / "nowhere" / "r.html")
    (files.articles[0] / "empty.md").write_text("", encoding="utf-8")
    with pytest.raises(BadCollection, match="empty"):
        carry_out(files, home=None, open_parts=open_fake)
