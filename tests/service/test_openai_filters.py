"""Filters as OpenAI's clients write them: what they state, what they may not, and ids of files."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import check_id
from corpus.library.conditions import NUMBERS, AllOf, Among, AnyOf, Attribute, Compare, Condition, Order
from service.core.errors import AskError, BadFilter
from service.schemas.openai.filters import MAX_COMPARISONS, MAX_DEPTH, MAX_VALUES, condition_of
from service.schemas.openai.names import article_id_of, file_id_of

VALUES = {
    attribute: st.integers(-(2**63) + 1, 2**63 - 1)
    if attribute in NUMBERS
    else st.dates().map(lambda day: day.isoformat())
    if attribute is Attribute.PUBLISHED_AT
    else st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
    for attribute in Attribute
}
COMPARISONS = st.sampled_from(Attribute).flatmap(
    lambda name: (
        st.builds(Compare, st.just(name), st.sampled_from(Order), VALUES[name])
        | st.builds(Among, st.just(name), st.lists(VALUES[name], max_size=3).map(tuple), st.booleans())
    )
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    COMPARISONS,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def written(condition: Condition) -> dict[str, Any]:
    """The condition as a client writes it."""
    match condition:
        case Compare(attribute, order, value):
            return {"type": order.value, "key": attribute.value, "value": value}
        case Among(attribute, values, negated):
            return {"type": "nin" if negated else "in", "key": attribute.value, "value": list(values)}
        case AllOf(conditions):
            return {"type": "and", "filters": [written(one) for one in conditions]}
        case AnyOf(conditions):
            return {"type": "or", "filters": [written(one) for one in conditions]}


def depth_of(condition: Condition) -> int:
    inner = condition.conditions if isinstance(condition, AllOf | AnyOf) else ()
    return 1 + max(map(depth_of, inner), default=0)


@given(CONDITIONS.filter(lambda condition: depth_of(condition) <= MAX_DEPTH))
def test_a_condition_that_is_written_down_is_read_as_it_was(condition: Condition) -> None:
    assert condition_of(written(condition)) == condition


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*Attribute, *Order, "in"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "key", "value", "filters"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=6,
)
LIKE_FILTERS = st.fixed_dictionaries(
    {
        "type": st.sampled_from([*Order, "in", "nin", "and", "or"]) | JSON,
        "key": st.sampled_from([*Attribute, "file_id", "filename"]) | JSON,
        "value": JSON,
    }
)


@given(JSON | LIKE_FILTERS | LIKE_FILTERS.map(lambda one: {"type": "or", "filters": [one]}))
def test_whatever_is_sent_is_a_condition_or_a_refusal_that_names_its_place(filters: object) -> None:
    field = None
    try:
        condition_of(filters)
    except BadFilter as error:
        field = error.field
    assert field is None or field.split(".")[0] == "filters"


@pytest.mark.parametrize(
    ("filters", "field", "message"),
    [
        ({}, "filters.type", "eq, ne"),
        ({"type": ["eq"]}, "filters.type", "eq, ne"),
        ({"type": "like", "key": "title", "value": "x"}, "filters.type", "nin"),
        ({"type": "eq", "value": "x"}, "filters.key", "publisher"),
        ({"type": "eq", "key": "title"}, "filters.value", "text"),
        ({"type": "eq", "key": "title", "value": True}, "filters.value", "text"),
        ({"type": "eq", "key": "start", "value": True}, "filters.value", "number"),
        ({"type": "eq", "key": "start", "value": "5"}, "filters.value", "number"),
        ({"type": "lt", "key": "start", "value": math.inf}, "filters.value", "number"),
        ({"type": "lt", "key": "start", "value": 2**63}, "filters.value", "between"),
        ({"type": "in", "key": "title", "value": "x"}, "filters.value", "list"),
        ({"type": "in", "key": "title", "value": ["x", 5]}, "filters.value.1", "text"),
        ({"type": "in", "key": "title", "value": ["x"] * (MAX_VALUES + 1)}, "filters.value", "1,000"),
        ({"type": "gt", "key": "published_at", "value": "20180101"}, "filters.value", "not a date"),
        ({"type": "gt", "key": "published_at", "value": "2018-01-01T10:00:00Z"}, "filters.value", "not a date"),
        ({"type": "gt", "key": "published_at", "value": 1514764800}, "filters.value", "text"),
        ({"type": "gt", "key": "file_id", "value": "a"}, "filters.type", "eq, ne, in or nin"),
        ({"type": "eq", "key": "title", "value": "x", "boost": 2}, "filters.boost", "key, type, value"),
        ({"type": "and", "filters": []}, "filters.filters", "at least one"),
        ({"type": "or", "filters": [{"type": "and", "filters": "x"}]}, "filters.filters.0.filters", "list"),
    ],
)
def test_a_wrong_filter_is_refused_by_place(filters: object, field: str, message: str) -> None:
    with pytest.raises(AskError) as caught:
        condition_of(filters)
    assert caught.value.field == field
    assert message in caught.value.reason


def test_filters_are_bounded_in_depth_and_number() -> None:
    one: dict[str, Any] = {"type": "eq", "key": "title", "value": "x"}
    for _ in range(MAX_DEPTH - 1):
        one = {"type": "and", "filters": [one]}
    condition_of(one)
    with pytest.raises(BadFilter, match=f"more than {MAX_DEPTH} deep"):
        condition_of({"type": "and", "filters": [one]})
    leaf = {"type": "eq", "key": "title", "value": "x"}
    condition_of({"type": "or", "filters": [leaf] * MAX_COMPARISONS})
    with pytest.raises(BadFilter, match=f"more than {MAX_COMPARISONS} comparisons"):
        condition_of({"type": "or", "filters": [leaf] * (MAX_COMPARISONS + 1)})


def is_id(text: str) -> bool:
    try:
        check_id(text)
    except ValueError:
        return False
    return True


IDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.text("b64-YQ%.~_ ", min_size=1)
)


@given(IDS.filter(is_id))
def test_a_files_id_stands_in_an_address_as_it_is_and_leads_back_to_its_article(article_id: str) -> None:
    file_id = file_id_of(article_id)
    assert article_id_of(file_id) == article_id
    assert all(character.isascii() and (character.isalnum() or character in "._~-") for character in file_id)


@given(IDS)
def test_no_two_ids_lead_to_one_article(file_id: str) -> None:
    article_id = article_id_of(file_id)
    assert article_id is None or file_id_of(article_id) == file_id
