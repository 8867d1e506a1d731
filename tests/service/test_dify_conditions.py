"""Dify's conditions on articles: an operator and its opposite never agree, days are in order, and each decides."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.library.records import ArticleSummary
from service.schemas.dify_conditions import Condition, MetadataCondition, Name, Operator

TEXTS = st.sampled_from(["", "a", "ab", "b", "2024-01-16", "2024-01-17"])
DAYS = st.none() | st.dates(date(2024, 1, 15), date(2024, 1, 18))
SUMMARIES = st.builds(
    ArticleSummary,
    id=TEXTS.filter(bool),
    revision=st.just("0" * 64),
    title=TEXTS.filter(bool),
    publisher=st.none() | TEXTS,
    published_at=DAYS,
    url=st.none() | TEXTS,
    passages=st.just(1),
)
OPPOSITES = [
    ("contains", "not contains"), ("is", "is not"), ("in", "not in"), ("empty", "not empty"), ("=", "≠"),
    ("null", "not null"),
]  # fmt: skip


@given(
    article=SUMMARIES,
    names=st.lists(st.sampled_from(get_args(Name)), min_size=1, max_size=3),
    value=TEXTS | st.lists(TEXTS, max_size=3),
    pair=st.sampled_from(OPPOSITES),
)
def test_of_an_operator_and_its_opposite_exactly_one_holds(
    article: ArticleSummary, names: list[Name], value: str | list[str], pair: tuple[Operator, Operator]
) -> None:
    try:
        one, other = (Condition(name=names, comparison_operator=operator, value=value) for operator in pair)
    except ValidationError:
        assume(False)  # noqa: FBT003 - Hypothesis's own way to pass over what cannot be
    assert one.holds(article) is not other.holds(article)


@given(article=SUMMARIES, day=st.dates(date(2024, 1, 15), date(2024, 1, 18)))
def test_days_are_in_order(article: ArticleSummary, day: date) -> None:
    held = [
        operator
        for operator in ("<", "=", ">", "before", "after", "≤", "≥")
        if Condition(name="published_at", comparison_operator=operator, value=day.isoformat()).holds(article)
    ]
    expected = {-1: ["<", "before", "≤"], 0: ["=", "≤", "≥"], 1: [">", "after", "≥"], None: []}
    found = article.published_at
    assert held == expected[None if found is None else (found > day) - (found < day)]


@given(article=SUMMARIES)
def test_every_operator_decides_for_every_article(article: ArticleSummary) -> None:
    for operator in get_args(Operator):
        value = ["a"] if "in" in operator.split() else "2024-01-16"
        name: Name = "title" if isinstance(value, list) else "published_at"
        condition = Condition(name=name, comparison_operator=operator, value=value)
        assert MetadataCondition(conditions=[condition]).holds(article) is condition.holds(article)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (5, "it must be a text or a list of texts"),
        (["a", 5], "it must be a text or a list of texts"),
        (["a"] * 50_000, "it has 50,000 texts, at most 10,000 are allowed"),
        (["a", "\x00"], "it holds a NUL character at 0"),
    ],
)
def test_a_wrong_value_is_told_once_by_the_name_of_its_field(value: object, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Condition.model_validate({"name": "title", "comparison_operator": "in", "value": value})
    (error,) = refused.value.errors()
    assert (error["loc"], error["msg"]) == (("value",), f"Value error, {told}")
