"""Question files: what is read, what is refused, and where evidence is found."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Span
from eval.errors import BadQuestions
from eval.questions.gold import Collapsed, judge
from eval.questions.reading import read_questions
from eval.questions.split import Split, in_split, split_of
from tests.eval.samples import LINES, question_file, small_library


def test_a_question_file_is_read_in_order_with_its_line_numbers(tmp_path: Path) -> None:
    questions = read_questions(question_file(tmp_path))
    assert [(one.id, one.line) for one in questions] == [("a0", 1), ("a1", 2), ("a2", 3), ("u1", 4)]
    assert [one.answerable for one in questions] == [True, True, True, False]


def test_only_what_the_user_asked_before_is_history(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Who swam?"}, {"role": "assistant", "content": "A soldier."}]
    questions = read_questions(question_file(tmp_path, [{**LINES[0], "history": turns}]))
    assert questions[0].earlier == ("Who swam?",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": ""}, "question"),
        ({"answers": "a fisherman"}, "answers: it must be a list"),
        ({"evidence": []}, "answers but no evidence"),
        ({"evidence": [{"article": "river"}]}, "quote"),
        ({"evidence": [{"article": "river", "quote": "a", "start": -1}]}, "start"),
        ({"evidence": [{"article": "river", "quote": "a", "start": 5, "end": 5}]}, "end must be after start"),
        ({"history": [{"role": "robot", "content": "x"}]}, "history"),
        ({"tags": [1]}, "tags"),
        ({"id": "a0"}, "is that of line 1"),
        ({"id": "q\ud800"}, "id: it holds a lone surrogate at 1"),
        ({"id": "q\0"}, "id: it holds a NUL"),
        ({"tags": ["\ud800"]}, "tags: it holds a lone surrogate"),
        ({"question": "a" * 2001}, "question: it has 2,001 characters, at most 2,000"),
        ({"history": [{"role": "user", "content": "a" * 2001}]}, "content: it has 2,001 characters"),
        ({"histroy": []}, "histroy: there is no such field; is history meant?"),
        ({"History": []}, "History: there is no such field; is history meant?"),
        ({"evidence": [{"article": "river", "quote": "a", "strat": 5}]}, "strat: .* is start meant?"),
    ],
)
def test_a_wrong_line_is_refused_by_file_and_number(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    file = question_file(tmp_path, [LINES[0], {**LINES[1], **change}])
    with pytest.raises(BadQuestions, match=reason) as refused:
        read_questions(file)
    assert str(refused.value).startswith(f"{file}, line 2: ")


def test_a_field_that_stands_twice_is_refused(tmp_path: Path) -> None:
    line = json.dumps(LINES[0])
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{line[:-1]}, "question": "Who else?"}}\n', encoding="utf-8")
    with pytest.raises(BadQuestions, match="line 1: question: it stands twice in one object"):
        read_questions(file)


def test_fields_of_other_sets_are_passed_over(tmp_path: Path) -> None:
    others = {"about": "river", "story": "a paper", "tag": "also", "category": 3, "stars": 5}
    evidence = [{"article": "river", "quote": "found by a fisherman", "en": "a translation", "ent": 4}]
    line = {key: value for key, value in LINES[0].items() if key != "tags"}
    (question,) = read_questions(question_file(tmp_path, [{**line, **others, "evidence": evidence}]))
    assert (question.id, question.tags, question.evidence[0].start) == ("a0", (), None)


@pytest.mark.parametrize("content", ["[1]\n", "{\n", "\n\n", "{}\n", '{"id": ' + "9" * 5000 + "}"])
def test_what_holds_no_question_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadQuestions):
        read_questions(file)


def test_evidence_is_found_across_line_ends_and_doubled_spaces(tmp_path: Path) -> None:
    file = question_file(tmp_path)
    with small_library(tmp_path / "home") as parts:
        found = judge(read_questions(file), parts.library, source=file)
    assert [one.quote for item in found for one in item.gold] == [
        "found by a fisherman",
        "Guards heard\nnothing of it.",
        "proposed talks in May",
    ]


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"article": "river", "quote": "found by a sailor"}, "does not hold the quote 'found by a sailor'"),
        ({"article": "lake", "quote": "found"}, "no article 'lake'"),
    ],
)
def test_a_spoiled_quote_is_an_error_that_names_file_and_line(
    tmp_path: Path, evidence: dict[str, str], reason: str
) -> None:
    file = question_file(tmp_path, [LINES[0], {**LINES[1], "evidence": [evidence]}])
    with small_library(tmp_path / "home") as parts, pytest.raises(BadQuestions, match=reason) as refused:
        judge(read_questions(file), parts.library, source=file)
    assert str(refused.value).startswith(f"{file}, line 2: ")


def test_start_tells_repeated_words_apart_even_with_front_matter_before_them(tmp_path: Path) -> None:
    text = "The ministry proposed talks in May. Officials waited for a reply. No reply came to the ministry in summer."
    first, second = text.index("ministry"), text.rindex("ministry")

    def found(start: int | None, *, front: int | None) -> int:
        """Where the word is found; a quote that stands once tells how much front matter there is."""
        evidence = {"article": "talks", "quote": "ministry", **({} if start is None else {"start": start})}
        known = (
            [] if front is None else [{"article": "talks", "quote": "in May", "start": front + text.index("in May")}]
        )
        file = question_file(tmp_path, [{**LINES[2], "evidence": [evidence, *known]}])
        return judge(read_questions(file), parts.library, source=file)[0].gold[0].span.start

    with small_library(tmp_path / "home") as parts:
        assert found(None, front=None) == first
        for front in (None, 0, 40, second - first, 100):
            assert found(first + (front or 0), front=front) == first
            assert found(second + (front or 0), front=front) == second
        with pytest.raises(BadQuestions, match="stands at 4, 87, none of which start 50 tells"):
            found(50, front=None)


@given(st.lists(st.text("ab c\n\t", min_size=1), min_size=1).map("".join), st.data())
def test_any_words_of_a_text_are_found_where_they_stand(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    if not quote.strip():
        return
    begin = start + len(quote) - len(quote.lstrip())
    assert Span(begin, begin + len(quote.strip())) in Collapsed(text).find(quote)


@given(st.text(min_size=1))
def test_every_id_is_in_exactly_one_split(question_id: str) -> None:
    assert split_of(question_id) in {Split.DEV, Split.TEST}


def test_one_accepted_answer_must_have_a_word_that_counts(tmp_path: Path) -> None:
    with pytest.raises(BadQuestions, match=r"line 1: answers: none of '\.\.\.', 'the' has a word"):
        read_questions(question_file(tmp_path, [{**LINES[0], "answers": ["...", "the"]}]))
    # as SQuAD has it: the sign and its name
    assert read_questions(question_file(tmp_path, [{**LINES[0], "answers": [".", "full stop"]}]))


def test_the_splits_part_a_file(tmp_path: Path) -> None:
    questions = read_questions(question_file(tmp_path))
    dev, test = in_split(questions, Split.DEV), in_split(questions, Split.TEST)
    assert [one.id for one in dev] == ["a0", "a2"]
    assert [one.id for one in test] == ["a1", "u1"]
    assert in_split(questions, Split.ALL) == questions


def test_a_line_separator_inside_a_question_does_not_end_its_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    line = {**LINES[0], "question": "Who\u2028found him?"}
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_questions(file)[0].text == "Who\u2028found him?"
