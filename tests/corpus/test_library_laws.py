"""Laws of the library: passages are Python slices whatever the script, and filters agree with a plain loop."""

import unicodedata
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Span
from corpus.library.reading import Library
from corpus.library.records import Filters, Incoming
from corpus.library.writing import writing
from tests.corpus.test_library_samples import DIM, Place, incoming, new_library, pieces_of
from tests.postgres import Places

LAW = settings(max_examples=40, database=None)

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
        st.sampled_from("\U0001f600\U0001f468\u200d\u0301\u1100\u1161\ufeff\u2028\r\n\t \U0010ffff\uffff\u0130ß"),
    ),
    min_size=1,
    max_size=60,
).filter(lambda text: bool(text.strip()))

DAYS = st.integers(0, 6).map(lambda days: date(2019, 12, 29) + timedelta(days))
PUBLISHERS = st.sampled_from([None, "The Tide", "the tide", "Él Día", "a,b", "'"])
IDS = ["a", "b", "c", "it's", "ünï", "50%"]
ARTICLES = st.lists(st.tuples(st.sampled_from(IDS), st.none() | DAYS, PUBLISHERS), max_size=8)
FILTERS = st.builds(
    Filters,
    published_from=st.none() | DAYS,
    published_to=st.none() | DAYS,
    publishers=st.lists(PUBLISHERS.filter(bool), max_size=2).map(tuple),
    article_ids=st.lists(st.sampled_from([*IDS, "unknown"]), max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def home(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One library for all examples of a law: making one costs more than a write."""
    return new_library(places.new(tmp_path_factory.mktemp("laws") / "library"))


@LAW
@given(data=st.data(), text=TEXTS)
def test_passages_are_exactly_the_slices_python_makes_whatever_the_characters(
    home: Place, data: st.DataObject, text: str
) -> None:
    bounds = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda pair: pair[0] < pair[1])
    spans = tuple(Span(*pair) for pair in data.draw(st.lists(bounds, min_size=1, max_size=6)))
    library = Library(home)
    with library.snapshot() as snapshot:
        article = Article(id=f"a{snapshot.commit}", text=text, title="t", author=unicodedata.normalize("NFD", text))
        last = snapshot.last_passage_id()
    with writing(home, wait_seconds=5) as writer:
        writer.put(Incoming(article, spans, np.zeros((len(spans), DIM), np.float16), pieces_of(spans)))
    with library.snapshot() as snapshot:
        assert snapshot.revision(article.id).article == article
        assert snapshot.vectors_after(last).texts == [text[span.start : span.end] for span in spans]
        for row in snapshot.passages_of(article.id):
            assert row.text == text[row.span.start : row.span.end] == row.span.of(text)
    library.close()


def _meets(article: Article, filters: Filters) -> bool:
    """The filters' meaning, written out."""
    day = article.published_at
    if (filters.published_from or filters.published_to) and day is None:
        return False
    if day is not None and filters.published_from is not None and day < filters.published_from:
        return False
    if day is not None and filters.published_to is not None and day > filters.published_to:
        return False
    if filters.publishers and article.publisher not in filters.publishers:
        return False
    return not filters.article_ids or article.id in filters.article_ids


@LAW
@given(stored=ARTICLES, removed=st.sets(st.sampled_from(IDS), max_size=2), asked=st.lists(FILTERS, max_size=6))
def test_filters_select_what_a_plain_loop_over_the_current_articles_selects(
    home: Place,
    stored: list[tuple[str, date | None, str | None]],
    removed: set[str],
    asked: list[Filters],
) -> None:
    current: dict[str, Article] = {}
    with writing(home, wait_seconds=5) as writer:
        for summary in writer.before.summaries():
            writer.remove(summary.id)
        for number, (article_id, day, publisher) in enumerate(stored):
            current[article_id] = Article(
                id=article_id, text=f"w{number} x", title="t", published_at=day, publisher=publisher
            )
            writer.put(incoming(current[article_id]))
        for article_id in removed & set(current):
            writer.remove(article_id)
            del current[article_id]
    library = Library(home)
    with library.snapshot() as snapshot:
        for filters in [*asked, Filters()]:
            expected = sorted(
                row.passage_id
                for article in current.values()
                if _meets(article, filters)
                for row in snapshot.passages_of(article.id)
            )
            found = snapshot.matching(filters)
            assert found.dtype == np.int64
            assert found.tolist() == expected
        counted = Counter(article.publisher for article in current.values() if article.publisher)
        listed = snapshot.publishers()
        assert [(one.name, one.articles) for one in listed] == sorted(counted.items())
        if listed:
            assert snapshot.publishers(after=listed[0].name, limit=1) == listed[1:2]
    library.close()


def test_only_filters_with_a_condition_count_as_given() -> None:
    assert not Filters()
    assert Filters(published_to=date(2020, 1, 1))
    assert Filters(article_ids=("a",))
