"""A configured reranker is part of what is measured, and the report says so."""

from contextlib import closing
from pathlib import Path

import pytest

from eval.observed import groups
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from eval.questions.values import Question
from eval.session import carry_out
from eval.systems.build import Bench
from eval.wanted import Wanted
from indexing.ingest import Draft
from service.compose import Parts
from service.settings import Settings
from tests.eval.samples import RIVER, TALKS, article_files, open_fake, question_file
from tests.fakes import WordEncoder, WordReranker, reranked_parts


def test_byline_is_measured_with_the_reranker_and_a_plain_ranking_without(tmp_path: Path) -> None:
    reranker = WordReranker("summer")
    with closing(reranked_parts(tmp_path / "home", reranker, max_tokens=16, overlap_tokens=0)) as parts:
        list(parts.ingester.put_all(map(Draft, (RIVER, TALKS))))
        bench = Bench(parts, answers=False)
        question = Question("q", "Who found the soldier on Monday?")
        first = bench.byline().respond(question, k=3).passages[0]
        assert "summer" in first.text
        assert len(reranker.asked) == 1
        bench.dense().respond(question, k=3)
        assert len(reranker.asked) == 1
        file = question_file(tmp_path)
        groups("small", judge(read_questions(file), parts.library, source=file), parts)
        assert len(reranker.asked) > 1, "answerable is fitted to what is configured"


def test_a_report_names_the_reranker_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BYLINE_CACHE", str(tmp_path / "cache"))
    folder = article_files(tmp_path / "news")
    wanted = Wanted(questions=question_file(folder), articles=(folder,))

    def reranking(settings: Settings) -> Parts:
        return Parts(settings, encoder=lambda _: WordEncoder(), reranker=lambda _: WordReranker("river"))

    carry_out(wanted, home=None, open_parts=open_fake)
    assert "reranker" not in capsys.readouterr().out
    monkeypatch.setenv("BYLINE_RERANKER", "some/cross-encoder")
    carry_out(wanted, home=None, open_parts=reranking)
    assert "some/cross-encoder" in capsys.readouterr().out
