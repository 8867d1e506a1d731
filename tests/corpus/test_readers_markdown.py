"""Markdown: the body is kept raw, front matter is checked key by key, errors name the line in the file."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.markdown import read_markdown
from tests.corpus.reading import read_all, read_one, refusal

BODY = "# Council approves *bridge*\n\nThe council approved the bridge on Monday.\n"


def with_front(front: str, body: str = BODY) -> str:
    return f"---\n{front}\n---\n\n{body}"


def test_every_known_key_is_read_and_the_rest_ignored() -> None:
    front = """id: bridge-2019
title: "Bridge: approved"
publisher: The Daily Example
author: Jane Doe
url: https://news.example.org/bridge
published_at: 2019-03-05
published_at_inferred: true
layout: post
weight: 2018-13-01
tags: [a, {b: !custom c}]"""
    article = read_one(read_markdown, with_front(front))
    assert (article.id, article.title, article.publisher) == ("bridge-2019", "Bridge: approved", "The Daily Example")
    assert (article.author, article.url) == ("Jane Doe", "https://news.example.org/bridge")
    assert (article.published_at, article.published_at_inferred) == (date(2019, 3, 5), True)
    assert article.text == BODY


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    article = read_one(read_markdown, "\n  \n" + "```\n# not this\n```\n" + BODY)
    assert article.title == "Council approves *bridge*"
    assert article.text == "```\n# not this\n```\n" + BODY


def test_without_any_heading_the_default_id_is_the_title() -> None:
    assert read_one(read_markdown, "## Second level\n\nText.").title == "bridge"


def test_the_indentation_of_the_first_line_is_kept() -> None:
    assert read_one(read_markdown, "---\ntitle: T\n---\n\n \n    code\n").text == "    code\n"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2018-12-01", date(2018, 12, 1)),
        ("'2018-12-01'", date(2018, 12, 1)),
        ("2018-12-01T23:30:00-05:00", date(2018, 12, 1)),
        ("2018-12-1 23:30:00 -5", date(2018, 12, 1)),
        ('"2018-12-01T23:30:00Z"', date(2018, 12, 1)),
        ("", None),
    ],
)
def test_a_date_is_read_as_written_and_date_stands_for_published_at(written: str, read: date | None) -> None:
    for key in ("published_at", "date"):
        assert read_one(read_markdown, with_front(f"{key}: {written}")).published_at == read


def test_published_at_wins_over_date() -> None:
    article = read_one(read_markdown, with_front("date: 2020-01-01\npublished_at: 2019-01-01"))
    assert article.published_at == date(2019, 1, 1)


@pytest.mark.parametrize(
    ("front", "field", "line", "reason"),
    [
        ("layout: x\ntitle: 1984", "title", 3, "it must be text, not a number; quote it"),
        ("title: [a, b]", "title", 2, "it must be text, not a list; quote it"),
        ("author:\n  name: Jane", "author", 3, "it must be text, not this; quote it"),
        ("id: true", "id", 2, "it must be text, not true or false; quote it"),
        ("published_at: 2018-13-01", "published_at", 2, "'2018-13-01' is not a date"),
        ("date: last Friday", "date", 2, "'last Friday' is not a date (expected like 2018-12-01)"),
        ("published_at: 20181201", "published_at", 2, "it must be a date like 2018-12-01"),
        ("published_at_inferred: maybe", "published_at_inferred", 2, "it must be true or false"),
        ("title: a\nx: 1\ntitle: b", "title", 4, "it stands twice"),
    ],
)
def test_a_wrong_value_names_its_field_and_line(front: str, field: str, line: int, reason: str) -> None:
    error = refusal(read_markdown, with_front(front))
    assert (error.field, error.line, error.reason) == (field, line, reason)


@pytest.mark.parametrize(
    ("front", "line", "words"),
    [
        ("layout: x\ntitle: a: b", 3, "not valid YAML"),
        ("title: [a", 3, "not valid YAML"),
        ("title: \x07", 2, "not valid YAML"),
        ("just words", 2, "not a mapping"),
        ("- a\n- b", 2, "not a mapping"),
        ("a: " + "[" * 5000, 1, "nested too deeply"),
        ("a: " + "x" * 70_000, 1, "longer than"),
    ],
)
def test_broken_front_matter_names_the_line_in_the_file(front: str, line: int, words: str) -> None:
    error = refusal(read_markdown, with_front(front))
    assert error.line == line
    assert words in error.reason


def test_aliases_and_merge_keys_cost_nothing() -> None:
    layers = "\n".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30))
    assert read_one(read_markdown, with_front(f"a0: &a0 {{k: v}}\n{layers}\ntitle: T")).title == "T"


def test_an_unclosed_front_matter_is_an_error_and_a_rule_is_not() -> None:
    assert "no '---' line closes it" in refusal(read_markdown, "---\ntitle: T\n\nText.").reason
    assert read_one(read_markdown, "---\nJust a rule above.\n").text == "---\nJust a rule above.\n"


def test_front_matter_without_a_body_is_refused() -> None:
    assert refusal(read_markdown, "---\ntitle: T\n---\n").field == "text"


def test_an_empty_front_matter_says_nothing() -> None:
    assert read_one(read_markdown, "---\n---\n" + BODY).text == BODY


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_front_matter_gives_one_article_or_one_error(front: str, body: str) -> None:
    assert len(read_all(read_markdown, with_front(front, body).encode(errors="replace"))) == 1
