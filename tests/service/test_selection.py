"""Which sentences make up an answer: the best and the next, one for each part or article, two that contradict."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Span
from corpus.library.records import PassageRow
from indexing.ingest import Draft
from service.compose import Parts
from service.core.extract import Sentence
from service.core.selection import LATER_SHARE, MOST_ACCOUNTS, SECOND_SHARE, answer_of, contradicting
from service.core.values import Answer
from tests.fakes import fake_parts

BULLETS = "How many bullets hit him?"
ACCOUNTS = "How do the accounts differ?"
QUOTES = st.lists(
    st.sampled_from(["[", "]", "[7]", "[ 12, 3]", "[1[2]]", "x", " ", "[^4]", "[sic]", "[٣]"]), min_size=1
)


def said(text: str, article: str = "a", *, score: float = 1.0) -> Sentence:
    place = Span(0, len(text))
    row = PassageRow(1, article, "0" * 64, place, text, "T", None, None, None, searchable=True)
    return Sentence(row, place, score)


def in_passage(text: str, sentences: Sequence[str], scores: Sequence[float]) -> list[Sentence]:
    """These sentences of one passage."""
    row = said(text).passage
    starts = [text.index(sentence) for sentence in sentences]
    return [
        Sentence(row, Span(start, start + len(sentence)), score)
        for start, sentence, score in zip(starts, sentences, scores, strict=True)
    ]


def contradict(question: str, first: str, second: str) -> bool:
    return contradicting(question, [said(first, "a"), said(second, "b", score=0.9)]) is not None


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Two bullets hit him.", "Five bullets hit him."),
        ("He was hit by 2 bullets.", "He was hit by five stray bullets."),
        ("Some 1,200 bullets flew.", "About 200 bullets flew."),
    ],
)
def test_two_articles_that_count_differently_are_both_cited(first: str, second: str) -> None:
    answer = answer_of(
        BULLETS, [[said(first, "a"), said("A bullet hit.", "c", score=0.95), said(second, "b", score=0.9)]]
    )
    assert quotes(answer) == [first, second]
    assert answer.differ


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        (BULLETS, "Two bullets hit him.", "He was hit by 2 bullets."),
        (BULLETS, "Two bullets hit him.", "Five soldiers were near."),
        (BULLETS, "Two bullets hit him.", "Bullets hit him."),
        (BULLETS, "He was hit by 32 bullets.", "He was hit by thirty-two bullets."),
        (BULLETS, "Some 200 bullets flew.", "Two hundred bullets flew."),
        (BULLETS, "Some 12 bullets flew.", "Some 10-12 bullets flew."),
        (BULLETS, "Some 40 bullets flew.", "Dozens of bullets flew."),
        (BULLETS, "Five bullets hit him.", "In 2017 bullets hit him."),
        ("How many of the men were hit?", "Two of the men were hit.", "One of the shots hit two of the men."),
        ("What hit him?", "Two bullets hit him.", "Five bullets hit him."),
        ("When did the bullets hit him?", "Two bullets hit him.", "Five bullets hit him."),
    ],
)
def test_nothing_but_another_number_of_what_is_asked_for_contradicts(question: str, first: str, second: str) -> None:
    assert not contradict(question, first, second)
    assert not contradict(question, second, first)


def test_an_article_does_not_contradict_itself_and_a_sentence_far_below_no_other() -> None:
    ranked = [said("Two bullets hit him."), said("Five bullets hit him."), said("Six bullets.", "b", score=0.7)]
    assert contradicting(BULLETS, ranked) is None


def test_each_part_gets_its_best_sentence_and_one_that_answers_two_is_cited_once() -> None:
    sank, crew, both = said("It sank in May."), said("Twelve were aboard.", "b"), said("It sank with twelve.", "c")
    question = "When did it sink, and who was aboard?"
    assert quotes(answer_of(question, [[sank, crew], [crew, sank]])) == ["It sank in May.", "Twelve were aboard."]
    assert quotes(answer_of(question, [[both, sank], [both, crew]])) == ["It sank with twelve."]


def test_accounts_are_one_of_each_article_three_at_most_and_nearly_as_good_as_the_first() -> None:
    ranked = [said(f"Account {n}.", f"article{n // 2}", score=1 - n / 100) for n in range(12)]
    assert quotes(answer_of(ACCOUNTS, [ranked])) == ["Account 0.", "Account 2.", "Account 4."]
    far = [said("First."), said("Second.", "b", score=0.8), said("Third.", "c", score=0.6)]
    assert quotes(answer_of(ACCOUNTS, [far])) == ["First.", "Second."]


def test_a_second_sentence_is_cited_if_it_is_nearly_as_good() -> None:
    first, near, far = said("First."), said("Near.", score=SECOND_SHARE), said("Far.", score=SECOND_SHARE - 0.01)
    assert quotes(answer_of("What?", [[first, near, far]])) == ["First.", "Near."]
    assert quotes(answer_of("What?", [[first, far]])) == ["First."]


LESS = (SECOND_SHARE + LATER_SHARE) / 2


@pytest.mark.parametrize(
    ("scores", "cited"),
    [
        # in the order of the text; the best one is the second
        ([0.1, 1.0, LESS, 0.1], ["Best.", "He went on."]),
        ([0.1, 1.0, 0.1, LESS], ["Best.", "And on."]),
        ([0.1, 1.0, LATER_SHARE - 0.01, 0.1], ["Best."]),
        ([LESS, 1.0, 0.1, 0.1], ["Best."]),
        ([SECOND_SHARE, 1.0, 0.1, 0.1], ["Best.", "Before."]),
        # what comes later is not the second best
        ([LESS + 0.01, 1.0, LESS, 0.1], ["Best."]),
    ],
)
def test_what_comes_later_in_the_passage_of_the_best_may_fit_less(
    scores: Sequence[float], cited: Sequence[str]
) -> None:
    in_order = in_passage("Before. Best. He went on. And on.", ["Before.", "Best.", "He went on.", "And on."], scores)
    ranked = sorted(in_order, key=lambda sentence: sentence.score, reverse=True)
    assert quotes(answer_of("What?", [ranked])) == cited


def test_a_sentence_of_another_article_or_revision_comes_later_than_none() -> None:
    (best,) = in_passage("Best. Other.", ["Best."], [1.0])
    (other,) = in_passage("Best. Other.", ["Other."], [LESS])
    for passage in (replace(other.passage, article_id="b"), replace(other.passage, revision="1" * 64)):
        assert quotes(answer_of("What?", [[best, replace(other, passage=passage)]])) == ["Best."]


@pytest.mark.parametrize(("text", "cited"), [("Best. He went on.", ["Best.", "He went on."]), ("Best.", ["Best."])])
def test_what_an_overlapping_passage_holds_may_fit_less_where_the_best_ones_passage_holds_it_too(
    text: str, cited: Sequence[str]
) -> None:
    (best,) = in_passage(text, ["Best."], [1.0])
    (alone,) = in_passage("He went on.", ["He went on."], [LESS])
    moved = replace(alone.passage, span=Span(len("Best. "), len("Best. He went on.")))
    assert quotes(answer_of("What?", [[best, replace(alone, passage=moved)]])) == cited


def test_a_quote_keeps_its_own_footnotes_and_the_text_shows_them_in_round_brackets() -> None:
    answer = answer_of("What?", [[said("He swam [7] at dawn [sic].")]])
    assert answer.text == "He swam (7) at dawn [sic]. [1]"
    assert quotes(answer) == ["He swam [7] at dawn [sic]."]


@given(texts=st.lists(QUOTES.map("".join), min_size=1, max_size=4), question=st.sampled_from(["What?", ACCOUNTS]))
def test_the_markers_of_a_text_are_those_of_its_citations(texts: Sequence[str], question: str) -> None:
    answer = answer_of(question, [[said(text, str(number)) for number, text in enumerate(texts)]])
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert [int(found) for found in re.findall(r"\[(\d+)\]", answer.text)] == markers
    assert quotes(answer) == list(texts[: len(markers)])
    assert len(markers) <= MOST_ACCOUNTS


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("home"), answerable_threshold=0.0)
    texts = {
        "river": "Two bullets hit him at the river [7]. Guards heard nothing.",
        "fence": "Five bullets hit him at the river. Guards saw a light.",
        "ferry": "The old rusty ferry sank in May. The weather was fine. Twelve sailors were aboard.",
    }
    list(made.ingester.put_all(Draft(Article(name, text, "News")) for name, text in texts.items()))
    yield made
    made.close()


def asked(parts: Parts, question: str) -> Answer:
    outcome = parts.engine.ask(question, k=1).outcome
    assert isinstance(outcome, Answer)
    return outcome


def test_a_contradiction_in_the_library_is_told(parts: Parts) -> None:
    answer = asked(parts, "How many bullets hit him at the river?")
    assert answer.differ
    assert {citation.passage.article_id for citation in answer.citations} == {"river", "fence"}
    assert "(7)" in answer.text


def test_a_question_of_two_parts_is_answered_part_by_part(parts: Parts) -> None:
    answer = asked(parts, "When sank the old rusty ferry, and how many sailors were aboard?")
    assert quotes(answer) == ["The old rusty ferry sank in May.", "Twelve sailors were aboard."]


def test_a_question_that_begins_with_and_is_answered(parts: Parts) -> None:
    assert quotes(asked(parts, " and who was aboard the ferry?"))


@settings(max_examples=30)
@given(
    words=st.lists(
        st.sampled_from(
            ["how", "many", "bullets", "hit", "guards", "ferry", "who", "when,", "and", "what?", "accounts"]
        ),
        min_size=1,
        max_size=9,
    )
)
def test_whatever_is_selected_every_citation_is_true(parts: Parts, words: list[str]) -> None:
    for citation in asked(parts, " ".join(words)).citations:
        row, place = citation.passage, citation.span
        assert parts.engine.verify(
            row.article_id, revision=row.revision, start=place.start, end=place.end, quote=citation.quote
        ).valid
