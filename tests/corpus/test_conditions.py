"""Laws of conditions: what SQL finds is what a plain loop finds, whatever the tree, the values and what is lacking."""

import operator
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article
from corpus.library.conditions import NUMBERS, AllOf, Among, AnyOf, Attribute, Compare, Condition, Order
from corpus.library.reading import Library
from corpus.library.records import Filters, PassageRow
from corpus.library.writing import writing
from tests.corpus.test_library_samples import incoming, new_library
from tests.postgres import Places

LAW = settings(max_examples=300, database=None)

DAYS = [None, *(date(2019, 12, 30) + timedelta(days) for days in range(4))]
WORDS = [None, "The Tide", "the tide", "Él Día", "'; --", "\U0010ffff", "\uffff"]
TEXTS = [word for word in WORDS if word] + ["2019-12-31", "a1", "", "50%", "The\x00Tide", "\x00"]
ORDERS: dict[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.NE: operator.ne,
    Order.GT: operator.gt,
    Order.GTE: operator.ge,
    Order.LT: operator.lt,
    Order.LTE: operator.le,
}
NUMERIC = st.integers(-1, 30) | st.sampled_from([0.5, 3.5, 2**63 - 1, -(2**63)])
PAIRS = st.sampled_from(sorted(Attribute)).flatmap(
    lambda name: st.tuples(st.just(name), NUMERIC if name in NUMBERS else st.sampled_from(TEXTS))
)
MANY = st.sampled_from(sorted(Attribute)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.lists(st.integers(-1, 30) if name in NUMBERS else st.sampled_from(TEXTS), max_size=4)
    )
)
LEAVES: st.SearchStrategy[Condition] = st.builds(
    lambda pair, order: Compare(pair[0], order, pair[1]), PAIRS, st.sampled_from(Order)
) | st.builds(lambda pair, negated: Among(pair[0], tuple(pair[1]), negated), MANY, st.booleans())
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, some: kind(tuple(some)), st.sampled_from([AllOf, AnyOf]), st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


def article_of(number: int, word: str | None) -> Article:
    """One of many whose attributes come together in every way."""
    return Article(
        id=f"a{number}",
        text=f"w{number} " * (number % 3 + 1) + "x",
        title=word or "no title",
        publisher=word,
        author=WORDS[-number % len(WORDS)],
        url=WORDS[(number + 2) % len(WORDS)],
        published_at=DAYS[number % len(DAYS)],
    )


@pytest.fixture(scope="module")
def stored(
    places: Places, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Library, list[tuple[Article, PassageRow]]]]:
    """A library, and its passages with their articles."""
    home = new_library(places.new(tmp_path_factory.mktemp("conditions") / "library"))
    articles = [article_of(number, word) for number, word in enumerate(WORDS * 2)]
    with writing(home, wait_seconds=5) as writer:
        for article in articles:
            writer.put(incoming(article))
    library = Library(home)
    with library.snapshot() as snapshot:
        rows = [(article, row) for article in articles for row in snapshot.passages_of(article.id)]
    yield library, rows
    library.close()


def value_of(article: Article, row: PassageRow, attribute: Attribute) -> str | int | None:
    values: dict[Attribute, str | int | None] = {
        Attribute.ARTICLE_ID: article.id,
        Attribute.REVISION: article.revision,
        Attribute.TITLE: article.title,
        Attribute.PUBLISHER: article.publisher,
        Attribute.PUBLISHED_AT: None if article.published_at is None else article.published_at.isoformat(),
        Attribute.AUTHOR: article.author,
        Attribute.URL: article.url,
        Attribute.PASSAGE_ID: row.passage_id,
        Attribute.START: row.span.start,
        Attribute.END: row.span.end,
    }
    return values[attribute]


def meets(article: Article, row: PassageRow, condition: Condition) -> bool:
    """A condition's meaning, written out."""
    match condition:
        case Compare(attribute, order, value):
            own = value_of(article, row, attribute)
            return order is Order.NE if own is None else ORDERS[order](own, value)
        case Among(attribute, values, negated):
            own = value_of(article, row, attribute)
            return (own is not None and own in values) is not negated
        case AllOf(conditions):
            return all(meets(article, row, one) for one in conditions)
        case AnyOf(conditions):
            return any(meets(article, row, one) for one in conditions)


@LAW
@given(condition=CONDITIONS)
def test_a_condition_selects_what_a_plain_loop_selects(
    stored: tuple[Library, list[tuple[Article, PassageRow]]], condition: Condition
) -> None:
    library, rows = stored
    with library.snapshot() as snapshot:
        found = snapshot.matching(Filters(condition=condition)).tolist()
    assert found == sorted(row.passage_id for article, row in rows if meets(article, row, condition))


def test_a_condition_is_joined_to_the_other_filters_and_counts_as_one(
    stored: tuple[Library, list[tuple[Article, PassageRow]]],
) -> None:
    library, rows = stored
    either = AnyOf((Compare(Attribute.START, Order.GTE, 0), Compare(Attribute.TITLE, Order.EQ, "nothing")))
    assert Filters(condition=either)
    with library.snapshot() as snapshot:
        found = snapshot.matching(Filters(article_ids=("a3",), condition=either)).tolist()
    assert found == [row.passage_id for article, row in rows if article.id == "a3"]


@settings(max_examples=30, database=None)
@given(condition=CONDITIONS, after=st.integers(0, 16))
def test_what_a_condition_selects_can_be_asked_for_above_a_passage_only(
    stored: tuple[Library, list[tuple[Article, PassageRow]]], condition: Condition, after: int
) -> None:
    library, _ = stored
    with library.snapshot() as snapshot:
        all_of_them = snapshot.matching(Filters(condition=condition)).tolist()
        assert snapshot.matching(Filters(condition=condition), after=after).tolist() == [
            number for number in all_of_them if number > after
        ]


def test_the_attributes_of_passages_are_what_conditions_compare(
    stored: tuple[Library, list[tuple[Article, PassageRow]]],
) -> None:
    library, rows = stored
    with library.snapshot() as snapshot:
        found = snapshot.attributes([*(row.passage_id for _, row in rows), 10**9])
    assert found == {
        row.passage_id: {attribute: value_of(article, row, attribute) for attribute in Attribute}
        for article, row in rows
    }
