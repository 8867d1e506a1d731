"""Reading the library: vectors, summaries, passages and revisions as they were stored, and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import ArticleNotFound, LibraryBroken
from corpus.library.records import Incoming, PutResult
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import (
    DIM,
    HARBOUR,
    IDENTITY,
    LATER,
    Place,
    ids_of,
    new_library,
    opened,
    pieces_of,
    put,
    remove,
    vectors_of,
    word_spans,
)
from tests.postgres import Places


def test_an_article_comes_back_equal_in_every_field(home: Place) -> None:
    assert put(home, HARBOUR, origin="/news/harbour.txt") == [PutResult.CREATED]
    with opened(home).snapshot() as snapshot:
        found = snapshot.revision("harbour")
        assert found.article == HARBOUR
        assert found.sha256 == HARBOUR.revision
        assert found.current
        assert snapshot.origin("harbour") == "/news/harbour.txt"


def test_every_passage_is_the_slice_of_the_text_that_its_span_names(home: Place) -> None:
    put(home, HARBOUR)
    with opened(home).snapshot() as snapshot:
        rows = snapshot.passages_of("harbour")
        assert [row.span for row in rows] == list(word_spans(HARBOUR.text))
        for row in rows:
            assert row.text == HARBOUR.text[row.span.start : row.span.end]
            assert (row.article_id, row.revision, row.searchable) == ("harbour", HARBOUR.revision, True)
            assert (row.title, row.publisher) == (HARBOUR.title, HARBOUR.publisher)
            assert (row.published_at, row.url) == (HARBOUR.published_at, HARBOUR.url)


def test_a_snapshot_open_during_a_write_goes_on_seeing_the_old_state(home: Place) -> None:
    put(home, HARBOUR)
    library = opened(home)
    with library.snapshot() as snapshot:
        assert snapshot.commit == 1
        before = snapshot.passages_of("harbour")
        put(home, LATER)
        put(home, Article(id="b", text="New.", title="t"))
        assert snapshot.commit == 1
        assert snapshot.revision("harbour").article == HARBOUR
        assert snapshot.passages_of("harbour") == before
        assert all(row.searchable for row in snapshot.passages([row.passage_id for row in before]).values())
        assert [summary.id for summary in snapshot.summaries()] == ["harbour"]
    with library.snapshot() as snapshot:
        assert snapshot.commit == 3
        assert snapshot.revision("harbour").article == LATER


def test_vectors_come_back_bit_for_bit_in_order_of_id_and_only_for_searchable_passages(home: Place) -> None:
    other = Article(id="b", text="Two more words here.", title="Another")
    put(home, LATER)
    put(home, other)
    put(home, HARBOUR)
    with opened(home).snapshot() as snapshot:
        found = snapshot.vectors_after(0)
        assert found.ids.tolist() == sorted(found.ids.tolist())
        rows = snapshot.passages(found.ids.tolist())
        assert [rows[number].text for number in found.ids.tolist()] == found.texts
        assert [rows[number].title for number in found.ids.tolist()] == found.titles
        assert found.vectors.dtype == np.float16
        expected = np.vstack(
            [vectors_of(article, word_spans(article.text)) for article in (other, HARBOUR)]  # in order of writing
        )
        assert found.vectors.tobytes() == expected.tobytes()
        first = int(found.ids[0])
        assert snapshot.vectors_after(first).ids.tolist() == found.ids.tolist()[1:]
        assert snapshot.vectors_after(first, limit=2).ids.tolist() == found.ids.tolist()[1:3]


def test_no_passages_give_empty_vectors_of_the_right_width(home: Place) -> None:
    put(home, HARBOUR)
    with opened(home).snapshot() as snapshot:
        assert snapshot.vectors_after(snapshot.last_passage_id()).vectors.shape == (0, DIM)


def test_an_article_without_passages_is_stored_and_listed(home: Place) -> None:
    everything = Article(id="ads", text="Buy now", title="t", skipped=(Skip(Span(0, 7), SkipReason.APPEAL),))
    with writing(home, wait_seconds=5) as writer:
        assert writer.put(Incoming(everything, (), np.empty((0, DIM), np.float16), ())) is PutResult.CREATED
    with opened(home).snapshot() as snapshot:
        (summary,) = snapshot.summaries()
        assert (summary.id, summary.passages) == ("ads", 0)
        assert snapshot.revision("ads").article == everything


def test_a_passage_whose_vector_is_missing_or_of_another_size_is_a_broken_library(home: Place) -> None:
    spans = word_spans(LATER.text)
    with writing(home, wait_seconds=5) as writer:
        writer.put(Incoming(LATER, spans, np.ones((len(spans), DIM + 1), np.float16), pieces_of(spans)))
    with pytest.raises(LibraryBroken, match=f"no vector of {DIM} dimensions"), opened(home).snapshot() as snapshot:
        snapshot.vectors_after(0)
    with writing(home, wait_seconds=5) as writer:
        writer.set_identity(replace(IDENTITY, encoder_sha256="cd" * 32, dim=DIM + 1))
    with pytest.raises(LibraryBroken, match="passage 1 has no vector"), opened(home).snapshot() as snapshot:
        snapshot.vectors_after(0)


def test_retired_passages_are_listed_by_the_commit_that_retired_them(home: Place) -> None:
    put(home, HARBOUR, Article(id="b", text="Two words.", title="t"))
    harbour, other = ids_of(home, "harbour"), ids_of(home, "b")
    put(home, LATER)
    remove(home, "b")
    with opened(home).snapshot() as snapshot:
        assert snapshot.retired_after(1).tolist() == sorted(harbour + other)
        assert snapshot.retired_after(2).tolist() == other
        assert snapshot.retired_after(3).tolist() == []


def test_summaries_page_through_the_current_articles_in_order_of_id(home: Place) -> None:
    names = ["zebra", "apple", "Melon", "ünï", "1"]
    put(home, *(Article(id=name, text=f"{name} word", title=name.title()) for name in names))
    remove(home, "apple")
    with opened(home).snapshot() as snapshot:
        everything = snapshot.summaries()
        assert [summary.id for summary in everything] == ["1", "Melon", "zebra", "ünï"]
        paged, after = [], ""
        while page := snapshot.summaries(after=after, limit=3):
            paged += page
            after = page[-1].id
        assert paged == everything
        assert {summary.passages for summary in everything} == {2}


def test_many_passages_are_found_in_one_call_and_unknown_ids_are_absent(home: Place) -> None:
    put(home, Article(id="long", text=" ".join(f"w{number}" for number in range(1200)), title="t"))
    with opened(home).snapshot() as snapshot:
        wanted = [*range(1, 1201), 5_000, -3]
        rows = snapshot.passages(wanted)
        assert sorted(rows) == list(range(1, 1201))
        assert [rows[number].text for number in (1, 500, 501, 1200)] == ["w0", "w499", "w500", "w1199"]
        assert snapshot.passages([]) == {}


def test_an_unknown_revision_of_a_known_article_is_not_found_by_name(home: Place) -> None:
    put(home, HARBOUR)
    with opened(home).snapshot() as snapshot:
        with pytest.raises(ArticleNotFound, match="has no revision ffff") as caught:
            snapshot.revision("harbour", "ffff")
        assert caught.value.revision == "ffff"


def test_a_revision_of_another_article_with_the_same_text_is_told_apart(home: Place) -> None:
    twin = replace(HARBOUR, id="twin", title="Twin")
    put(home, HARBOUR, twin)
    remove(home, "harbour")
    with opened(home).snapshot() as snapshot:
        assert not snapshot.revision("harbour", HARBOUR.revision).current
        assert snapshot.revision("twin", HARBOUR.revision).current
        assert snapshot.revision("twin").article == twin


def test_making_a_library_twice_changes_nothing(home: Place) -> None:
    put(home, HARBOUR)
    with opened(home).snapshot() as snapshot:
        drawn = snapshot.library_id
    make_library(home, IDENTITY, wait_seconds=5)
    with opened(home).snapshot() as snapshot:
        assert snapshot.library_id == drawn
        assert snapshot.revision("harbour").article == HARBOUR
        assert snapshot.identity == IDENTITY


def test_two_libraries_never_share_an_id(home: Place, places: Places, tmp_path: Path) -> None:
    drawn = set()
    for place in (home, new_library(places.new(tmp_path / "two"))):
        with opened(place).snapshot() as snapshot:
            drawn.add(snapshot.library_id)
    assert len(drawn) == 2
