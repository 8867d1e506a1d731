"""The terms of texts and questions: words without case, accents and endings, and those that tell something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.lexical.analysis import analyse
from indexing.lexical.questions import question_terms
from indexing.lexical.stopwords import QUESTION_STOP_WORDS
from tests.indexing.samples import LAW


def test_words_are_compared_without_case_accents_and_endings() -> None:
    assert analyse("The CAFÉ'S Harbours, re-opened: 42nd 서울 naïve") == [
        "the", "cafe", "s", "harbour", "re", "open", "42nd", "서울", "naiv",
    ]  # fmt: skip


@LAW
@given(text=st.text(max_size=60))
def test_the_terms_of_a_text_are_never_empty_words_and_analysing_never_fails(text: str) -> None:
    clean = text.encode(errors="ignore").decode()
    assert all(term.strip() for term in analyse(clean))
    assert len(question_terms(clean)) == len(set(question_terms(clean)))


def test_a_question_keeps_the_words_that_tell_something_in_order_and_once() -> None:
    assert question_terms("Why did the Harbour close, and when will the harbour's cranes reopen?") == [
        "harbour", "close", "crane", "reopen",
    ]  # fmt: skip


@pytest.mark.parametrize("question", ["Who was it?", "The The", "why"])
def test_a_question_of_nothing_but_stop_words_keeps_all_of_them(question: str) -> None:
    assert question_terms(question) == list(dict.fromkeys(analyse(question)))


@pytest.mark.parametrize("question", ["", "?!", "_", "😀"])
def test_a_question_without_words_has_no_terms(question: str) -> None:
    assert question_terms(question) == []


def test_stop_words_are_single_lower_case_words() -> None:
    assert all(word.isalpha() and word == word.lower() for word in QUESTION_STOP_WORDS)
