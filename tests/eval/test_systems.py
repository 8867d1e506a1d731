"""Systems under test on a small library: each row of the table differs from Byline in what its name says."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.evaluation import Entry, evaluate_spans
from eval.measure import measured
from eval.metrics.names import AUROC, COVERED, METRICS
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from eval.questions.values import Judged
from eval.summary import summarised
from eval.systems.build import Bench
from eval.systems.constant import AlwaysAbstain, MostCommonAnswers, NeverAbstain
from eval.systems.protocol import Response, Returned
from eval.systems.remembered import RememberingEncoder
from indexing.encoders.protocol import Embeddings
from service.compose import Parts
from tests.eval.samples import Scripted, gold, judged, passage, question_file, small_library
from tests.fakes import WordEncoder


def judged_in(parts: Parts, folder: Path) -> tuple[Judged, ...]:
    file = question_file(folder)
    return judge(read_questions(file), parts.library, source=file)


def test_byline_gives_passages_answer_citations_and_its_doubt_at_once(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        question = judged_in(parts, tmp_path)[0].question
        response = Bench(parts).byline().respond(question, k=3)
        text = parts.engine.article("river").article.text
    assert len(response.passages) == 3
    assert response.answer
    assert response.answerable is not None
    first = response.citations[0]
    assert first.article == "river"
    assert first.span is not None
    assert first.span.of(text) == first.text


def test_never_abstain_answers_what_byline_would_not(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        question = judged_in(parts, tmp_path)[3].question
        byline = Bench(parts).byline()
        assert not NeverAbstain(byline).respond(question, k=3).abstains


def test_rankings_that_do_not_read_the_question_are_the_same_every_time(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        items = judged_in(parts, tmp_path)
        random, first = Bench(parts).trivial()
        for system in (random, first):
            one, again = (system.respond(items[0].question, k=9).passages for _ in range(2))
            assert one == again
        leads = {tuple(p.key for p in first.respond(item.question, k=9).passages) for item in items}
        assert len(leads) == 1
        assert {key.split("-")[0] for key in leads.pop()} == {"river@0", "talks@0"}


def test_one_half_of_the_hybrid_ranks_alone(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        question = judged_in(parts, tmp_path)[2].question
        bench = Bench(parts)
        lexical = bench.bm25().respond(question, k=9)
        assert len(bench.dense().respond(question, k=9).passages) > len(lexical.passages) > 0
        assert lexical.answerable == bench.byline().respond(question, k=9).answerable


def test_every_retriever_that_is_broken_ranks_otherwise_than_the_dense_one(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        questions = [item.question for item in judged_in(parts, tmp_path)]
        bench = Bench(parts)
        right, *broken = (
            [[one.key for one in system.respond(question, k=9).passages] for question in questions]
            for system in (bench.dense(), *bench.broken())
        )
    for rankings in broken:
        assert rankings != right
        assert list(map(sorted, rankings)) == list(map(sorted, right))


def test_a_system_that_answers_only_half_of_the_questions_scores_half(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        items = [item for item in judged_in(parts, tmp_path) if item.gold][:2]
        exact = {
            item.question.id: Response(
                passages=(passage(one.span.start, one.span.end, article=one.article, text=one.quote),),
                answer=item.question.answers[0],
                answerable=1.0,
            )
            for item in items
            for one in item.gold
        }
        exact = {key: Response((_with_revision(parts, value),), value.answer, (), 1.0) for key, value in exact.items()}
        whole = measured(Scripted(exact), exact, items, library=parts.library)
        half = measured(Scripted({}), dict(list(exact.items())[:1]), items, library=parts.library)
    for name in ("recall@5", "hit@1", "MRR@10", "span recall", "contained", "exact match", "right"):
        assert sum(whole.values[name].values()) == pytest.approx(2.0), name
        assert sum(half.values[name].values()) == pytest.approx(1.0), name
        assert len(half.values[name]) == 2


def _with_revision(parts: Parts, response: Response) -> Returned:
    found = response.passages[0]
    return Returned(found.article, found.span, 1.0, parts.engine.article(found.article).sha256, found.text)


def test_constants_get_what_they_deserve(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        items = judged_in(parts, tmp_path)
        questions = [item.question for item in items]
        entries = [Entry(one, parts.library) for one in (AlwaysAbstain(), MostCommonAnswers(questions))]
        nothing, constant = evaluate_spans(entries, items, k=5).summaries
    assert nothing.overall["accuracy"].value == nothing.overall["right"].value == pytest.approx(1 / 4)
    assert nothing.overall["contained"].value == 0.0
    # three accepted answers, all of them in the one string: why containment alone proves nothing
    assert constant.overall["contained"].value == 1.0
    assert constant.overall["exact match"].value == constant.overall["citation precision"].value == 0.0
    assert constant.overall["AUROC"].value == pytest.approx(0.5)


def test_every_measure_has_a_name_and_what_has_a_name_is_measured(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        evaluation = evaluate_spans([Entry(AlwaysAbstain(), parts.library)], judged_in(parts, tmp_path), k=5)
    names = {metric.name for metric in METRICS}
    assert evaluation.measured[0].values.keys() == names - {AUROC, COVERED}
    assert evaluation.summaries[0].overall.keys() == names


def test_every_measure_of_no_response_is_zero(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        items = [item for item in judged_in(parts, tmp_path) if item.gold]
        found = measured(Scripted({}), {}, items, library=parts.library)
    for name, values in found.values.items():
        assert values == {item.question.id: 0.0 for item in items}, name


def test_what_is_encoded_once_is_not_encoded_again() -> None:
    asked: list[list[str]] = []

    class Counting(WordEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Embeddings:
            asked.append(list(texts))
            return super().encode_passages(texts)

    encoder = RememberingEncoder(Counting())
    first = encoder.encode_passages(["one", "two", "one"])
    second = encoder.encode_passages(["two", "three"])
    assert asked == [["one", "two"], ["three"]]
    np.testing.assert_array_equal(first[1], second[0])
    assert encoder.encode_passages([]).shape == (0, 48)


def test_what_a_system_says_nothing_of_is_what_it_is_least_sure_of(tmp_path: Path) -> None:
    questions = [judged(name, gold(0, 5)) for name in ("a", "b")] + [judged("u"), judged("v")]
    responses = {"a": Response(answerable=0.9), "u": Response(answerable=0.5), "v": Response(answerable=0.1)}
    with small_library(tmp_path / "home") as parts:
        found = measured(Scripted(responses), responses, questions, library=parts.library)
    summary = summarised(found, [item.question for item in questions])
    assert summary.overall["AUROC"].value == pytest.approx(2 / 4)
    assert summary.overall["AUROC"].questions == 4
