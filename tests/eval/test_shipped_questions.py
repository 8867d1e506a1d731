"""The shipped question set keeps what its README says of it."""

import json
from collections import Counter

import pytest

from corpus.article import Article
from corpus.articles import shipped_articles
from corpus.errors import UnreadableArticle
from corpus.gather import list_files, read_files
from corpus.seen import Seen
from eval.questions import shipped_questions
from eval.questions.gold import Collapsed
from eval.questions.reading import read_questions
from eval.questions.split import Split, in_split
from eval.questions.values import Question

KINDS = {"who", "when", "where", "how-many", "why", "how", "yes-no", "list", "what"}
STYLES = {"paraphrase", "romanisation", "typo", "keyword", "date-tells", "multi-article", "contradiction", "follow-up"}
STATES = {"answerable", "unanswerable"}
ABSENT = {"near-miss", "off-topic"}
QUESTIONS = read_questions(shipped_questions())


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    with Seen() as taken:
        files = list_files([shipped_articles()])
        found = read_files(files, differing_origin=lambda _: None, replace=True, taken=taken)
        return {item.article.id: item.article for item in found if not isinstance(item, UnreadableArticle)}


def test_every_quote_stands_in_its_article_outside_the_boilerplate(articles: dict[str, Article]) -> None:
    for question in QUESTIONS:
        for evidence in question.evidence:
            article = articles[evidence.article]
            places = Collapsed(article.text).find(evidence.quote)
            kept = [p for p in places if not any(p.overlap(skip.span) for skip in article.skipped)]
            assert len(kept) == 1, f"line {question.line}: {len(places)} places, {len(kept)} of them not boilerplate"


def test_an_accepted_answer_stands_in_the_evidence() -> None:
    for question in QUESTIONS:
        joined = "\n".join(" ".join(one.quote.split()).lower() for one in question.evidence)
        assert not question.answerable or any(" ".join(a.split()).lower() in joined for a in question.answers)


def test_the_set_is_as_large_and_as_varied_as_its_readme_says() -> None:
    tags = Counter(tag for question in QUESTIONS for tag in question.tags)
    assert set(tags) == KINDS | STYLES | STATES | ABSENT
    assert len(QUESTIONS) == 352
    assert (tags["answerable"], tags["unanswerable"], tags["near-miss"]) == (251, 101, 89)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_the_tags_fit_the_question(question: Question) -> None:
    tags = set(question.tags)
    assert len(tags) == len(question.tags)
    assert len(tags & KINDS) == 1
    assert tags & STATES == {"answerable" if question.answerable else "unanswerable"}
    assert len(tags & ABSENT) == (not question.answerable)
    assert ("follow-up" in tags) == bool(question.earlier)
    assert ("multi-article" in tags) == (len({one.article for one in question.evidence}) > 1)
    assert "contradiction" not in tags or len(question.evidence) > 1
    assert len(question.answers) <= 5


def test_no_question_is_asked_twice() -> None:
    lines = shipped_questions().read_text(encoding="utf-8").splitlines()
    asked = [(record["question"].lower(), json.dumps(record.get("history"))) for record in map(json.loads, lines)]
    assert len(set(asked)) == len(asked)


def test_both_splits_hold_every_state_and_half_of_the_questions() -> None:
    for split in (Split.DEV, Split.TEST):
        tags = Counter(tag for question in in_split(QUESTIONS, split) for tag in question.tags)
        assert tags["answerable"] + tags["unanswerable"] == 176
        assert set(tags) >= KINDS | STYLES | STATES | ABSENT
