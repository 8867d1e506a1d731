"""What a question costs: a collection of any size, percentiles over rounds, and mistakes told at once."""

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from eval.cost import question
from eval.cost.question import PLAIN, percentile, questions_of, report
from eval.cost.question_parts import in_parts, whole
from eval.cost.question_rounds import Round, Times, started
from eval.cost.recombined import PASSAGES_EACH, recombined, recombined_library
from indexing.tokens import count_tokens
from tests.eval.samples import RIVER, TALKS, cached, open_fake, small_library


@pytest.mark.parametrize("passages", [1, PASSAGES_EACH, 2 * PASSAGES_EACH + 3])
def test_recombined_articles_fill_as_many_passages_as_wanted_with_whole_sentences(passages: int) -> None:
    made = list(recombined([TALKS], passages=passages, max_tokens=30))
    packs = [pack for article in made for pack in article.text.split("\n\n")]
    assert len(packs) == passages
    assert len({article.id for article in made}) == len(made)
    assert all(count_tokens(pack) <= 30 and pack.endswith(".") for pack in packs)


def test_recombined_articles_are_the_same_at_every_call() -> None:
    first, again = (list(recombined([RIVER, TALKS], passages=40, max_tokens=30)) for _ in range(2))
    assert first == again
    assert len({article.text for article in first}) == len(first)


def test_the_library_holds_about_so_many_passages(tmp_path: Path) -> None:
    settings = cached(tmp_path).model_copy(update={"max_tokens": 100})
    with recombined_library(settings, passages=60, open_parts=open_fake) as parts, parts.library.snapshot() as snapshot:
        assert 57 <= snapshot.counts().passages <= 63


def test_the_parts_are_those_of_the_whole_question(tmp_path: Path) -> None:
    question = "Who found the soldier on Monday?"
    with small_library(tmp_path) as parts:
        assert set(whole(parts.engine, question)) >= {"encode", "retrieve", "answer", "total"}
        timed = in_parts(parts, question)
    assert len(timed) == 9
    assert all(milliseconds >= 0 for milliseconds in timed.values())


def times(*totals: float) -> Times:
    return [{"encode": total / 2, "total": total} for total in totals]


def test_figures_are_medians_over_rounds_and_ratios_are_of_the_same_round() -> None:
    assert percentile(times(1, 2, 3, 4, 5), "total", 50) == 3
    assert percentile(times(1, 2, 3, 4, 5), "total", 95) == pytest.approx(4.8)
    rounds = [
        Round(whole=times(2, 2), plain=times(4, 4), parts=[{"MaxSim": 1.0}]),
        Round(whole=times(3, 3), plain=times(4, 4), parts=[{"MaxSim": 3.0}]),
        Round(whole=times(9, 9), plain=times(9, 9), parts=[{"MaxSim": 2.0}]),
    ]
    lines = list(report(rounds))
    assert "| byline | total | 3.00 | 3.00 |" in lines
    assert "| byline, parts | MaxSim | 2.00 | 2.00 |" in lines
    assert f"| {PLAIN} | total | 4.00 | 4.00 |" in lines
    assert any(line.endswith("0.75, 0.50 to 1.00 over 3 alternating rounds") for line in lines)


def test_questions_are_drawn_the_same_way_each_time_and_never_twice(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").touch()
    rows = [{"_id": str(number), "text": f"question {number}"} for number in range(9)]
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for split, judged in (("dev", "03"), ("train", "357")):
        (tmp_path / "qrels" / f"{split}.tsv").write_text("".join(f"{query}\td\t1\n" for query in judged))
    assert sorted(questions_of(tmp_path, most=99)) == [f"question {number}" for number in (0, 3, 5, 7)]
    drawn = questions_of(None, most=20)
    assert drawn == questions_of(None, most=20)
    assert len(set(drawn)) == 20


def test_a_process_answers_each_line_and_one_that_ends_early_is_an_error() -> None:
    script = "import sys; print('[]', flush=True)\nfor line in sys.stdin: print('[{\"total\": 1}]', flush=True)"
    with started([sys.executable, "-c", script]) as time_all:
        assert time_all("whole") == time_all("whole") == [{"total": 1}]
    with pytest.raises(RuntimeError, match="ended before"), started([sys.executable, "-c", ""]):
        pass


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--passages", "0"], "--passages"),
        (["--runs", "0"], "--runs"),
        (["no-such-folder"], "no-such-folder"),
        ([".", "--passages", "5"], "as many as it has"),
    ],
)
def test_a_wrong_argument_is_told_with_status_2(arguments: list[str], told: str) -> None:
    done = command(arguments)
    assert done[0] == 2
    assert told in done[1]


def test_a_folder_that_is_no_beir_folder_is_told_with_status_1(tmp_path: Path) -> None:
    status, told = command([str(tmp_path)])
    assert status == 1
    assert "no judgements" in told


def command(arguments: list[str]) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(question.main)
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "NO_COLOR": "1"})
    return done.exit_code, done.stderr
