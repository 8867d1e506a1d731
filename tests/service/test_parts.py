"""What a question asks for: one thing, several, or the accounts of several articles."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.parts import asks_for_accounts, parts_of

SCRAPS = st.sampled_from(
    ["who", "why", "what", "of", "the", "and", "And", "crane", "sank", "?", "? ", " ", ",", ";", "…", "서울", "\n"]
)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When did it sink, and who was aboard?", ["When did it sink", "who was aboard?"]),
        ("When did it sink? And who was aboard?", ["When did it sink?", "who was aboard?"]),
        ("Who fell; and where did the crane stand?", ["Who fell", "where did the crane stand?"]),
        ("Who led it, and to which town did they march?", ["Who led it", "to which town did they march?"]),
    ],
)
def test_each_thing_asked_for_is_a_part_without_what_joins_them(question: str, parts: list[str]) -> None:
    assert [span.of(question) for span in parts_of(question)] == parts


@pytest.mark.parametrize(
    "question",
    [
        "When did the crane fall?",
        "Is it black and white?",
        "salt and pepper",
        "and then what?",
        "What did Kim and Lee say?",
        "Who swam and reached the bank?",
    ],
)
def test_a_question_that_asks_for_one_thing_is_its_own_only_part(question: str) -> None:
    assert [span.of(question) for span in parts_of(question)] == [question]


@pytest.mark.parametrize(
    "question",
    ["Who sank? Why?", "Who sank it? How deep? Where?", "Who won, and by how much?", "What was it, and why?"],
)
def test_a_part_of_nothing_but_stop_words_leaves_the_question_whole(question: str) -> None:
    assert [span.of(question) for span in parts_of(question)] == [question]


@pytest.mark.parametrize("question", [" and who was aboard?", ", and who sank it?", "  And who swam?", "? who swam?"])
def test_a_question_that_begins_with_what_joins_parts_is_whole(question: str) -> None:
    assert [span.of(question) for span in parts_of(question)] == [question]


@given(question=st.lists(SCRAPS, min_size=1, max_size=14).map(" ".join) | st.text(min_size=1))
def test_parts_stand_in_order_inside_the_question_and_never_overlap(question: str) -> None:
    spans = parts_of(question)
    assert spans
    assert all(span.of(question) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


@given(question=st.lists(SCRAPS, min_size=1, max_size=14).map(" ".join))
def test_what_stands_between_parts_is_no_word_but_and(question: str) -> None:
    spans = parts_of(question)
    between = " ".join(question[before.end : after.start] for before, after in pairwise(spans))
    assert set(between.lower().replace(",", " ").replace(";", " ").split()) <= {"and"}
    assert (spans[0].start, spans[-1].end) == (0, len(question))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do the accounts differ?", True),
        ("Do the two papers disagree on it?", True),
        ("What do both articles say of the crane?", True),
        ("Which conflicting reports are there?", True),
        ("Who reports to the minister?", False),
        ("Which papers did he sign?", False),
        ("How many stories has the tower?", False),
    ],
)
def test_only_a_question_about_what_several_articles_say_asks_for_accounts(question: str, *, expected: bool) -> None:
    assert asks_for_accounts(question) is expected
