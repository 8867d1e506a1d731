"""Fitting the model of `answerable`: what it is fitted to, that it separates, and that it is written as it is read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.fit_answerable import discrimination, fit, observe, probabilities, refusals, write_model
from eval.observed import AS_ASKED, LEFT_OUT, Group, groups, without
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from indexing.lexical.questions import question_terms
from service.core.answerable import AnswerableModel, load_model
from tests.eval.samples import LINES, article_files, cached, open_fake, question_file, small_library

NAMES = ("cosine", "least_covered", "kind_missing")
WEIGHT = st.floats(-9, 9)
IN_DEV = [{**line, "id": f"{line['id']}0"} for line in LINES]


def group(rows: Sequence[float], outcomes: Sequence[bool], *, collection: str = "news", kind: str = LEFT_OUT) -> Group:
    """Questions of which only the cosine differs."""
    return Group(collection, kind, np.array([[row, 0.5, 0.0] for row in rows]), np.array(outcomes))


def test_questions_that_the_cosine_separates_are_told_apart() -> None:
    apart = group([0.9, 0.8, 0.7, 0.3, 0.2, 0.1] * 5, [True, True, True, False, False, False] * 5)
    model = fit([apart])
    told = probabilities(model, apart)
    assert told[apart.answerable].min() > 0.5 > told[~apart.answerable].max()
    assert model.weights["cosine"] > 0
    assert [model.weights[name] for name in NAMES[1:]] == pytest.approx([0] * 2, abs=1e-9), "they never differ"


def test_both_outcomes_weigh_the_same_however_many_questions_each_has() -> None:
    """Nine of ten are answerable, yet what tells nothing gets one half."""
    same = group([0.5] * 100, [True] * 90 + [False] * 10)
    assert probabilities(fit([same]), same) == pytest.approx([0.5] * 100, abs=1e-3)


def test_a_group_of_many_questions_weighs_no_more_than_one_of_few() -> None:
    """Two that say the opposite of each other cancel out; one that somebody wrote outweighs one that was made."""
    small = group([0.9, 0.1] * 5, [True, False] * 5)
    large = group([0.9, 0.1] * 50, [False, True] * 50, collection="other")
    assert fit([small, large]).weights["cosine"] == pytest.approx(0, abs=1e-3)
    assert fit([replace(small, kind=AS_ASKED), large]).weights["cosine"] > 0.1


@given(intercept=WEIGHT, weights=st.tuples(*[WEIGHT] * 3))
def test_a_model_is_read_as_it_was_written_to_four_places(
    tmp_path_factory: pytest.TempPathFactory, intercept: float, weights: tuple[float, ...]
) -> None:
    file = tmp_path_factory.getbasetemp() / "answerable.json"
    write_model(AnswerableModel(intercept, dict(zip(NAMES, weights, strict=True))), file)
    read = load_model(file)
    assert read.intercept == pytest.approx(intercept, abs=5.1e-5)
    assert [read.weights[name] for name in NAMES] == pytest.approx(weights, abs=5.1e-5)
    write_model(read, file)
    assert load_model(file) == read


def test_a_question_is_asked_with_and_without_the_passages_that_answer_it(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        file = question_file(tmp_path)
        asked, bereft = groups("small", judge(read_questions(file), parts.library, source=file), parts)
    assert (asked.name, bereft.name) == ("small, as asked", "small, evidence left out")
    assert asked.answerable.tolist() == [True, True, True, False]
    assert bereft.answerable.tolist() == [True, True, True, False, False, False]
    np.testing.assert_array_equal(bereft.features[:3], asked.features[:3])
    cosine = NAMES.index("cosine")
    assert (bereft.features[3:, cosine] < bereft.features[:3, cosine]).all()


def test_without_the_evidence_every_passage_but_those_that_hold_it_is_found(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        file = question_file(tmp_path)
        for item in judge(read_questions(file), parts.library, source=file)[:3]:
            with parts.index.reading() as (_, view), without(item.gold, parts).reading() as (snapshot, altered):
                question, terms = (
                    parts.encoder.encode_question(item.question.text),
                    question_terms("soldier reply guards"),
                )
                held = snapshot.passages(view.by_vector(question, k=99).ids.tolist())
                evidence = {
                    number
                    for number, row in held.items()
                    for gold in item.gold
                    if row.article_id == gold.article and row.span.overlap(gold.span)
                }
                assert evidence
                assert set(altered.by_vector(question, k=99).ids.tolist()) == set(held) - evidence
                by_words = set(view.by_words(terms, k=99).ids.tolist())
                assert set(altered.by_words(terms, k=99).ids.tolist()) == by_words - evidence


def test_a_group_with_one_outcome_is_left_out(tmp_path: Path) -> None:
    with small_library(tmp_path / "home") as parts:
        file = question_file(tmp_path)
        answerable, unanswerable = (
            [item for item in judge(read_questions(file), parts.library, source=file) if bool(item.gold) is wanted]
            for wanted in (True, False)
        )
        assert [one.kind for one in groups("small", answerable, parts)] == [LEFT_OUT]
        assert groups("small", unanswerable, parts) == []
        assert groups("small", [], parts) == []


def test_a_folder_is_observed_and_the_model_fitted_to_it_is_written_and_told(tmp_path: Path) -> None:
    folder = article_files(tmp_path / "news")
    question_file(folder, IN_DEV)
    observed = observe(folder, cached(tmp_path), open_parts=open_fake)
    assert [one.name for one in observed] == ["news, as asked", "news, evidence left out"]
    model = fit(observed)
    told = list(discrimination(observed))
    assert [line.split(" | ")[1] for line in told[2:]] == ["3 / 1", "3 / 3"]
    assert all(line.endswith("| - |") for line in told[2:]), "no other collection to fit it without this one"
    assert any(line.startswith("| 0.35 | ") for line in refusals(model, observed))
    write_model(model, tmp_path / "answerable.json")
    assert load_model(tmp_path / "answerable.json").weights == pytest.approx(model.weights, abs=5.1e-5)
