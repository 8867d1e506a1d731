"""Our figures are those of sentence-transformers' own evaluator when both see the same."""

from pathlib import Path

import pytest

from corpus.articles import shipped_articles
from eval.collection import drafts_of
from eval.exchange.beir import write_beir
from eval.questions import shipped_questions
from eval.questions.reading import read_questions
from eval.reference import TOLERANCE, Agreement, compare
from service.settings import load_settings

pytestmark = pytest.mark.model


def test_the_same_documents_cut_at_the_same_place_score_the_same(tmp_path: Path) -> None:
    """The shipped articles are longer than the encoder reads, so where they are cut counts."""
    questions = [one for one in read_questions(shipped_questions()) if one.answerable and not one.earlier]
    qrels = {one.id: {evidence.article: 1 for evidence in one.evidence} for one in questions}
    articles = [draft.article for draft in drafts_of([shipped_articles()])]
    write_beir(tmp_path, articles=articles, questions=questions, qrels=qrels, split="test")
    settings = load_settings(home=tmp_path / "home")
    found = compare(tmp_path, split="test", settings=settings)
    assert found.queries == len(questions)
    assert 0.5 < found.theirs < 1
    assert found.holds


def test_a_difference_beyond_the_tolerance_is_told() -> None:
    assert Agreement(9, 0.66, 0.66 - 0.9 * TOLERANCE).holds
    assert not Agreement(9, 0.66, 0.66 - 1.1 * TOLERANCE).holds
