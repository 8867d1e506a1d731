"""Laws of what is sent to Milvus: terms stay whole, and filters mean there what they mean in the library."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from milvus_lite.analyzer.standard import StandardAnalyzer

from corpus.library.conditions import NUMBERS, Among, Attribute, Compare, Condition, Order
from corpus.library.records import Filters
from indexing.ingest import Draft
from indexing.lexical.analysis import analyse
from indexing.milvus.client import Client
from indexing.milvus.expressions import FIELDS, LONGEST, expression_of, meaning, stored
from indexing.milvus.generations import InMilvus
from indexing.milvus.words import term_of, token_of
from indexing.ranking import Selection
from indexing.searching import SearchIndex
from tests.corpus.test_conditions import CONDITIONS, DAYS, WORDS, article_of
from tests.indexing.samples import LAW, Shelf, ids_array

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
NASTY = [
    '"',
    "'",
    "\\",
    '\\"',
    '") or passage_id >= 0 or ("',
    "' or '1'=='1",
    "\\u0022 or 1==1",
    "{x}",
    "a\nb",
    "%",
    "]",
]


@LAW
@given(text=TEXT | st.sampled_from(["서울 zx zx41 Él", *NASTY]))
def test_every_term_is_one_token_of_milvus_and_comes_back(text: str) -> None:
    terms = analyse(text)
    tokens = [token_of(term) for term in terms]
    assert StandardAnalyzer().tokenize(" ".join(tokens)) == tokens
    assert all(token.isascii() and token.isalnum() and token == token.lower() for token in tokens)
    assert [term_of(token) for token in tokens] == terms


@LAW
@given(terms=st.sets(TEXT.filter(bool) | st.sampled_from(["zx", "zx41", "a", "A"]), max_size=8))
def test_different_terms_are_different_tokens(terms: set[str]) -> None:
    assert len({token_of(term) for term in terms}) == len(terms)


@LAW
@given(first=TEXT, second=TEXT)
def test_texts_are_stored_in_the_order_of_their_code_points(first: str, second: str) -> None:
    assert (stored(first) < stored(second)) == (first < second)
    assert (stored(first) == stored(second)) == (first == second)


@LAW
@given(value=TEXT | st.sampled_from(NASTY), attribute=st.sampled_from(sorted(set(Attribute) - NUMBERS)))
def test_no_value_can_leave_its_place_in_an_expression(value: str, attribute: Attribute) -> None:
    """Whatever the value, the expression is that of a harmless one but for hexadecimal digits."""
    for condition, harmless in (
        (Compare(attribute, Order.EQ, value), Compare(attribute, Order.EQ, "")),
        (Among(attribute, (value,), negated=True), Among(attribute, ("",), negated=True)),
    ):
        before, after = meaning(harmless).split('""')
        said = meaning(condition)
        assert said.startswith(before + '"')
        assert said.endswith('"' + after)
        inside = said[len(before) + 1 : len(said) - len(after) - 1]
        assert set(inside) <= set("0123456789abcdef")
        assert bytes.fromhex(inside).decode() == value


@pytest.mark.parametrize("value", ["The Tide" * LONGEST, "\ud800", "\x00"], ids=["very long", "half", "nul"])
def test_a_text_that_no_article_has_is_no_error_and_finds_nothing(
    published: tuple[Shelf, SearchIndex], value: str
) -> None:
    shelf, index = published
    with index.reading() as (snapshot, view):
        chosen = view.meeting(Filters(publishers=(value,)), snapshot)
        question = shelf.encoder.encode_question("x")
        assert len(view.by_vector(question, k=5, chosen=chosen)) == 0


def test_an_expression_names_the_last_passage_what_is_left_out_and_what_is_allowed() -> None:
    assert expression_of(Selection(), last=7) == "passage_id <= 7"
    both = Selection(ids_array(1, 2), ids_array(3))
    assert expression_of(both, last=7) == "passage_id <= 7 and passage_id not in [3] and passage_id in [1,2]"
    filtered = Selection(ids_array(9), filters=Filters(published_from=date(2024, 1, 2)))
    assert expression_of(filtered, last=7) == f'passage_id <= 7 and a_published_at >= "{b"2024-01-02".hex()}"'


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, lite: Client) -> Iterator[tuple[Shelf, SearchIndex]]:
    """The articles that conditions on the library are tested with, in the engine."""
    shelf = Shelf(tmp_path_factory.mktemp("conditions"))
    articles = [article_of(number, word) for number, word in enumerate([*WORDS, *NASTY])]
    list(shelf.ingester.put_all(Draft(article) for article in articles))
    generations = InMilvus(lite.address, lambda: shelf.library)
    generations.publish(shelf.library, wait_seconds=5)
    yield shelf, SearchIndex(shelf.library, identity=shelf.identity, generations=generations)
    generations.close()
    shelf.close()


def _check(published: tuple[Shelf, SearchIndex], filters: Filters) -> None:
    shelf, index = published
    with index.reading() as (snapshot, view):
        expected = snapshot.matching(filters).tolist()
        chosen = view.meeting(filters, snapshot)
        assert chosen.allowed is None or not len(chosen.allowed)
        question = shelf.encoder.encode_question("x")
        for found in (
            view.by_vector(question, k=100, chosen=chosen),
            view.by_words(["x"], k=100, chosen=chosen),
        ):
            assert np.sort(found.ids).tolist() == expected


@settings(LAW, max_examples=80)
@given(condition=CONDITIONS)
def test_a_condition_selects_in_the_engine_what_it_selects_in_the_library(
    published: tuple[Shelf, SearchIndex], condition: Condition
) -> None:
    _check(published, Filters(condition=condition))


@settings(LAW, max_examples=40)
@given(value=st.sampled_from([*NASTY, *(word for word in WORDS if word)]) | TEXT, order=st.sampled_from(Order))
def test_any_publisher_is_compared_as_it_is_written(
    published: tuple[Shelf, SearchIndex], value: str, order: Order
) -> None:
    _check(published, Filters(condition=Compare(Attribute.PUBLISHER, order, value)))
    _check(published, Filters(publishers=(value, "The Tide")))


@pytest.mark.parametrize(
    "filters",
    [
        Filters(published_from=DAYS[2]),
        Filters(published_to=DAYS[2], article_ids=("a1", "a2", "a3")),
        Filters(published_from=DAYS[1], published_to=DAYS[1], publishers=("the tide",)),
        Filters(article_ids=("nothing",)),
    ],
)
def test_days_publishers_and_articles_select_what_they_select_in_the_library(
    published: tuple[Shelf, SearchIndex], filters: Filters
) -> None:
    _check(published, filters)


def test_every_attribute_has_a_field() -> None:
    assert len(set(FIELDS.values())) == len(Attribute)
    assert all(name.isidentifier() for name in FIELDS.values())
