"""Every measure against values worked out by hand, and the laws they keep."""

import re
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import answers, intervals, ranked, spans
from eval.metrics.abstention import auroc, risk_coverage
from eval.metrics.names import METRICS
from eval.metrics.paired import compare
from eval.metrics.relevance import by_article, covers, passage_qrels
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from eval.systems.protocol import Returned
from service.compose import Parts
from tests.docs.pages import ROOT, read
from tests.eval.samples import gold, passage, question_file, small_library


def words(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize(("start", "end", "covered"), [(0, 15, True), (0, 14, False), (15, 40, True), (16, 40, False)])
def test_a_passage_is_relevant_from_half_of_the_evidence_on(start: int, end: int, *, covered: bool) -> None:
    assert covers(passage(start, end), gold(10, 20)) is covered


def test_another_article_or_revision_covers_nothing() -> None:
    assert not covers(passage(10, 20, article="talks"), gold(10, 20))
    assert not covers(passage(10, 20), gold(10, 20, article="talks"))
    former = replace(passage(10, 20), revision="former")
    assert not covers(former, gold(10, 20))
    assert answers.citation_precision([former], [gold(10, 20)]) == 0.0
    assert answers.citation_recall([former], [gold(10, 20)]) == 0.0


def test_a_run_over_other_passages_is_judged_by_its_own(tmp_path: Path) -> None:
    """Exactly the evidence, first for every question, is perfect however the library splits its articles."""
    file = question_file(tmp_path)
    with small_library(tmp_path / "home") as parts:
        items = judge(read_questions(file), parts.library, source=file)
        perfect = {item.question.id: [Returned(g.article, g.span, 1.0) for g in item.gold] for item in items}
        own = passage_qrels(items, parts.library, returned={})
        judged_by = passage_qrels(items, parts.library, returned=perfect)
        library_passages = {passage.key for passage in passages_in(parts)}
    for values in ranked.ranked(ranked.PASSAGES, perfect, judged_by).values():
        assert values == {"a0": 1.0, "a1": 1.0, "a2": 1.0}
    assert all(set(grades) <= library_passages for grades in own.values())


def passages_in(parts: Parts) -> list[Returned]:
    with parts.library.snapshot() as snapshot:
        rows = [row for summary in snapshot.summaries() for row in snapshot.passages_of(summary.id)]
    return [Returned(row.article_id, row.span, 0.0, row.revision) for row in rows]


def test_of_equal_scores_the_order_returned_counts() -> None:
    for order, expected in ((("x", "y"), 1.0), (("y", "x"), 0.5)):
        run = {"a": [passage(0, 1, article=article, score=0.5) for article in order]}
        found = ranked.ranked(ranked.PASSAGES, run, {"a": {"x@0-1": 1}})
        assert found["MRR@10"]["a"] == expected


def test_recall_counts_evidence_spans_and_not_passages() -> None:
    passages = [passage(0, 10), passage(0, 12), passage(50, 60)]
    evidence = [gold(0, 10), gold(50, 60), gold(90, 99)]
    assert [spans.recall_at(k, passages, evidence) for k in (1, 2, 3)] == pytest.approx([1 / 3, 1 / 3, 2 / 3])


def test_precision_recall_and_iou_count_repeated_text_once() -> None:
    returned = [("river", gold(0, 20).span), ("river", gold(10, 30).span), ("talks", gold(0, 10).span)]
    assert spans.precision_recall_iou(returned, [gold(25, 45)]) == pytest.approx((5 / 40, 5 / 20, 5 / 55))
    assert spans.precision_recall_iou([], [gold(25, 45)]) == (0.0, 0.0, 0.0)


def test_the_budget_is_spent_in_order_of_rank_and_ends_at_a_word() -> None:
    passages = [passage(0, 9, text="one two 3"), passage(20, 33, text="four five six"), passage(40, 43, text="end")]
    kept = spans.within_budget(passages, budget=5, count_tokens=words)
    assert kept == [("river", gold(0, 9).span), ("river", gold(20, 29).span)]


def test_ranked_measures_count_a_missing_question_as_zero() -> None:
    qrels = {"a": {"x": 1}, "b": {"x": 1}}
    run = {"a": [by_article([passage(0, 1, article="x")])[0]]}
    for values in ranked.ranked(ranked.ARTICLES, run, qrels).values():
        assert values == {"a": 1.0, "b": 0.0}


def test_reciprocal_rank_and_ndcg_are_the_textbook_values() -> None:
    run = {"a": [passage(0, 1, score=3.0), passage(1, 2, score=2.0), passage(2, 3, score=1.0)]}
    values = ranked.ranked(ranked.PASSAGES, run, {"a": {"river@1-2": 1, "river@2-3": 1}})
    assert values["MRR@10"]["a"] == pytest.approx(1 / 2)
    assert values["MAP"]["a"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    ideal = 1 + 1 / np.log2(3)
    assert values["nDCG@10"]["a"] == pytest.approx((1 / np.log2(3) + 1 / 2) / ideal)
    assert (values["hit@1"]["a"], values["hit@3"]["a"]) == (0.0, 1.0)


def test_an_article_has_the_score_of_its_best_passage() -> None:
    found = by_article([passage(0, 1, score=0.2), passage(0, 1, article="talks", score=0.5), passage(5, 6, score=0.9)])
    assert [(one.key, one.score) for one in found] == [("river", 0.9), ("talks", 0.5)]


@pytest.mark.parametrize(
    ("answer", "accepted", "inside", "exact"),
    [
        ("A fisherman found him. [1]", ["the fisherman"], 1.0, 0.0),
        ("The Fisherman! [12]", ["fisherman"], 1.0, 1.0),
        ("A fisherwoman found him.", ["fisherman"], 0.0, 0.0),
        ("It lasted 1950–1953.", ["1953"], 1.0, 0.0),
        ("", ["fisherman"], 0.0, 0.0),
        ("", ["..."], 0.0, 0.0),
        ("anything", ["..."], 0.0, 0.0),
    ],
)
def test_answers_are_compared_by_whole_words_without_case_articles_and_markers(
    answer: str, accepted: list[str], inside: float, exact: float
) -> None:
    assert answers.contained(answer, accepted) == inside
    assert answers.exact_match(answer, accepted) == exact


def test_token_f1_is_that_of_the_nearest_accepted_answer() -> None:
    assert answers.token_f1("an old fisherman [1]", ["fisherman", "sailor"]) == pytest.approx(2 / 3)
    assert answers.token_f1("", ["fisherman"]) == 0.0


def test_citations_are_held_against_the_evidence() -> None:
    evidence = [gold(10, 20), gold(40, 80)]
    cited = [passage(0, 30), passage(45, 55), passage(90, 99)]
    assert answers.citation_precision(cited, evidence) == pytest.approx(2 / 3)
    assert answers.citation_recall(cited, evidence) == pytest.approx(1 / 2)
    assert answers.citation_precision([], evidence) == answers.citation_recall([], evidence) == 0.0


def test_the_page_explains_every_measure_of_the_short_tables() -> None:
    section = read(ROOT / "docs" / "measuring.md").partition("\n## byline eval\n")[2].partition("\n## ")[0]
    named = " ".join(re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE))
    assert re.findall(r"`([^`]+)`", named) == [metric.name for metric in METRICS if metric.headline]


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    truth = np.array([True, True, False, False])
    assert auroc(np.array([0.9, 0.5, 0.5, 0.1]), truth) == pytest.approx(3.5 / 4)
    assert auroc(np.zeros(4), truth) == pytest.approx(0.5)
    assert np.isnan(auroc(np.zeros(4), np.ones(4, bool)))


def test_risk_at_full_coverage_is_the_share_of_wrong_answers_and_ties_share_theirs() -> None:
    right = np.array([1.0, 0.0, 0.0, 1.0])
    assert risk_coverage(np.array([0.9, 0.8, 0.2, 0.1]), right)[-1] == pytest.approx(0.5)
    assert risk_coverage(np.zeros(4), right) == pytest.approx(0.5)


def test_risk_rises_with_coverage_as_the_surest_are_the_right_ones() -> None:
    right = np.array([1.0] * 5 + [0.0] * 5)
    risk = risk_coverage(np.linspace(1, 0.1, 10), right)
    # at coverages of 0.5, 0.6 and 0.8 of ten questions none, one and three of them are wrong
    assert [risk[24], risk[29], risk[39]] == pytest.approx([0, 1 / 6, 3 / 8])


def test_the_interval_of_a_mean_is_nearly_the_normal_one() -> None:
    values = np.random.default_rng(3).normal(0.5, 0.2, 400)
    estimate = intervals.of_mean(values)
    half = 1.96 * values.std() / 20
    assert (estimate.low, estimate.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.003)


def test_p_is_nearly_that_of_all_ways_to_swap() -> None:
    change = [0.4, 0.3, -0.1, 0.25, 0.2, -0.05, 0.1, 0.0, 0.35]
    told = [one for one in change if one]
    sums = [abs(sum(map(prod, zip(told, signs, strict=True)))) for signs in product((1, -1), repeat=len(told))]
    exact = fmean(one >= abs(sum(told)) - 1e-9 for one in sums)
    first = {f"q{n}": 0.0 for n in range(len(change))}
    second = {f"q{n}": value for n, value in enumerate(change)}
    assert compare(first, second, metric="m", names=("a", "b")).p == pytest.approx(exact, abs=0.01)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=60))
def test_an_interval_holds_its_value_and_repeats(values: list[float]) -> None:
    estimate = intervals.of_mean(np.array(values))
    assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9
    assert estimate == intervals.of_mean(np.array(values))


def test_the_paired_test_names_what_changed_both_ways() -> None:
    first = {f"q{n}": 0.0 for n in range(20)} | {"x": 1.0}
    second = {f"q{n}": 1.0 for n in range(20)} | {"x": 0.5}
    found = compare(first, second, metric="m", names=("a", "b"))
    assert found.p < 0.001
    assert set(found.better) == {f"q{n}" for n in range(20)}
    assert found.worse == ("x",)
    assert found.difference == pytest.approx(19.5 / 21)


def test_equal_systems_do_not_differ_and_a_missing_question_counts_as_zero() -> None:
    assert compare({"a": 1.0}, {"a": 1.0}, metric="m", names=("a", "b")).p == 1.0
    assert compare({"a": 1.0, "b": 1.0}, {"a": 1.0}, metric="m", names=("a", "b")).difference == -0.5
