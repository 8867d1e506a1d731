"""Writing to the library: what each change does, what stays readable, and that a write is kept whole or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import ArticleNotFound, LibraryBroken
from corpus.library.reading import Library
from corpus.library.records import Counts, Incoming, PutResult
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import (
    DIM,
    IDENTITY,
    Place,
    incoming,
    new_library,
    pieces_of,
    put,
    remove,
    vectors_of,
    word_spans,
)
from tests.postgres import Places

HARBOUR = Article(
    id="harbour",
    text="The harbour 😀 reopened.\n\nCranes were checked.",
    title="Harbour reopens",
    publisher="The Tide",
    published_at=date(2019, 3, 4),
    published_at_inferred=True,
    author="A. Writer",
    url="https://example.org/harbour",
    skipped=(Skip(Span(0, 3), SkipReason.LINKS),),
)
LATER = replace(HARBOUR, text="The harbour closed again.", skipped=())


_OPEN: list[Library] = []


@pytest.fixture
def home(places: Places, tmp_path: Path) -> Iterator[Place]:
    """An empty library, of each database in turn."""
    yield new_library(places.new(tmp_path / "library"))
    while _OPEN:
        _OPEN.pop().close()


def ids_of(home: Place, article_id: str) -> list[int]:
    with opened(home).snapshot() as snapshot:
        return [row.passage_id for row in snapshot.passages_of(article_id)]


def opened(home: Place) -> Library:
    """Closed after the test."""
    _OPEN.append(Library(home))
    return _OPEN[-1]


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


def test_the_same_article_again_changes_nothing_but_the_commit_number(home: Place) -> None:
    put(home, HARBOUR)
    before = ids_of(home, "harbour")
    assert put(home, HARBOUR) == [PutResult.UNCHANGED]
    assert ids_of(home, "harbour") == before
    with opened(home).snapshot() as snapshot:
        assert snapshot.counts() == Counts(articles=1, revisions=1, passages=len(before), retired=0)


def test_after_an_update_the_former_revision_is_readable_verifiable_and_not_searchable(home: Place) -> None:
    put(home, HARBOUR)
    former = ids_of(home, "harbour")
    assert put(home, LATER) == [PutResult.UPDATED]
    with opened(home).snapshot() as snapshot:
        assert snapshot.revision("harbour").article == LATER
        old = snapshot.revision("harbour", HARBOUR.revision)
        assert not old.current
        assert old.article.text == HARBOUR.text
        assert old.article.revision == old.sha256 == HARBOUR.revision
        rows = snapshot.passages(former)
        assert sorted(rows) == former
        for row in rows.values():
            assert not row.searchable
            assert row.text == old.article.text[row.span.start : row.span.end]
            assert row.revision == HARBOUR.revision
        assert not set(former) & {row.passage_id for row in snapshot.passages_of("harbour")}
        assert not set(former) & set(snapshot.vectors_after(0).ids.tolist())


def test_restoring_a_former_text_makes_that_revision_current_again_with_new_passages(home: Place) -> None:
    put(home, HARBOUR)
    first = ids_of(home, "harbour")
    put(home, LATER)
    assert put(home, HARBOUR) == [PutResult.UPDATED]
    again = ids_of(home, "harbour")
    assert min(again) > max(first)
    with opened(home).snapshot() as snapshot:
        assert snapshot.revision("harbour").article == HARBOUR
        assert snapshot.revision("harbour", HARBOUR.revision).current
        assert not snapshot.revision("harbour", LATER.revision).current
        assert [revision.sha256 for revision in snapshot.revisions()] == [HARBOUR.revision, LATER.revision]
        assert not any(row.searchable for row in snapshot.passages(first).values())


def test_a_change_of_the_description_alone_makes_new_passages_of_the_same_revision(home: Place) -> None:
    put(home, HARBOUR)
    first = ids_of(home, "harbour")
    retitled = replace(HARBOUR, title="Port reopens", published_at=None, published_at_inferred=False)
    assert put(home, retitled) == [PutResult.UPDATED]
    again = ids_of(home, "harbour")
    assert min(again) > max(first)
    with opened(home).snapshot() as snapshot:
        assert snapshot.revision("harbour").article == retitled
        assert snapshot.revision("harbour").sha256 == HARBOUR.revision
        assert snapshot.counts() == Counts(articles=1, revisions=1, passages=len(again), retired=len(first))
        assert set(snapshot.vectors_after(0).titles) == {"Port reopens"}


def test_a_removed_article_leaves_listing_and_search_and_stays_verifiable(home: Place) -> None:
    put(home, HARBOUR)
    former = ids_of(home, "harbour")
    remove(home, "harbour")
    with opened(home).snapshot() as snapshot:
        assert snapshot.summaries() == []
        assert snapshot.passages_of("harbour") == []
        assert len(snapshot.vectors_after(0).ids) == 0
        assert snapshot.passage_count("harbour") == 0
        assert snapshot.origin("harbour") is None
        with pytest.raises(ArticleNotFound, match="no article 'harbour'"):
            snapshot.revision("harbour")
        old = snapshot.revision("harbour", HARBOUR.revision)
        assert old.article == HARBOUR
        assert not old.current
        assert [row.searchable for row in snapshot.passages(former).values()] == [False] * len(former)


def test_removing_what_is_not_there_is_an_error_that_names_it_and_keeps_nothing(home: Place) -> None:
    put(home, HARBOUR)
    remove(home, "harbour")
    for article_id in ("harbour", "never"):
        with pytest.raises(ArticleNotFound) as caught:
            remove(home, article_id)
        assert caught.value.article_id == article_id
    with opened(home).snapshot() as snapshot:
        assert snapshot.commit == 2


def test_an_article_put_again_after_its_removal_is_created(home: Place) -> None:
    put(home, HARBOUR)
    remove(home, "harbour")
    assert put(home, HARBOUR) == [PutResult.CREATED]
    with opened(home).snapshot() as snapshot:
        assert snapshot.revision("harbour").current


def test_passage_ids_only_rise_and_are_never_given_twice(home: Place) -> None:
    given: list[int] = []
    for round_number in range(4):
        put(home, replace(HARBOUR, text=f"Round {round_number} of it."), Article(id="b", text="One two.", title="t"))
        new = [*ids_of(home, "harbour"), *ids_of(home, "b")]
        fresh = sorted(set(new) - set(given))
        assert fresh
        assert not given or fresh[0] > max(given)
        given += fresh
        remove(home, "harbour")
        remove(home, "b")
        with opened(home).snapshot() as snapshot:
            assert snapshot.last_passage_id() == max(given)
    assert len(given) == len(set(given))


def test_every_write_raises_the_commit_number_by_one(home: Place) -> None:
    library = opened(home)
    for expected in range(3):
        with library.snapshot() as snapshot:
            assert snapshot.commit == expected
        put(home, replace(HARBOUR, text=f"Version {expected}.", skipped=()))


@pytest.mark.parametrize("error", [RuntimeError("broken off"), KeyboardInterrupt()])
def test_a_write_that_raises_keeps_nothing_of_itself(home: Place, error: BaseException) -> None:
    put(home, HARBOUR)
    other = Article(id="other", text="Not to be kept.", title="t")

    def broken_off() -> None:
        with writing(home, wait_seconds=5) as writer:
            writer.put(incoming(LATER))
            writer.put(incoming(other))
            writer.remove("harbour")
            writer.set_identity(replace(IDENTITY, max_tokens=99))
            raise error

    before = ids_of(home, "harbour")
    with pytest.raises(type(error)):
        broken_off()
    with opened(home).snapshot() as snapshot:
        assert snapshot.commit == 1
        assert snapshot.revision("harbour").article == HARBOUR
        assert snapshot.identity == IDENTITY
        assert snapshot.counts() == Counts(articles=1, revisions=1, passages=len(before), retired=0)
        assert snapshot.damage() == []
    assert ids_of(home, "harbour") == before
    assert put(home, other) == [PutResult.CREATED], "the lock is free and the library writable again"


def test_passages_and_vectors_that_do_not_match_in_number_are_refused_and_nothing_is_kept(home: Place) -> None:
    spans = word_spans(HARBOUR.text)
    lopsided = Incoming(HARBOUR, spans, vectors_of(HARBOUR, spans)[:-1], pieces_of(spans))

    def lopsided_write() -> None:
        with writing(home, wait_seconds=5) as writer:
            writer.put(lopsided)

    with pytest.raises(ValueError, match="shorter"):
        lopsided_write()
    with opened(home).snapshot() as snapshot:
        assert snapshot.counts() == Counts(articles=0, revisions=0, passages=0, retired=0)


def test_a_writer_sees_its_own_changes_before_anybody_else_does(home: Place) -> None:
    library = opened(home)
    with writing(home, wait_seconds=5) as writer:
        writer.put(incoming(HARBOUR))
        assert writer.before.revision("harbour").article == HARBOUR
        with library.snapshot() as snapshot:
            assert snapshot.summaries() == []
    with library.snapshot() as snapshot:
        assert [summary.id for summary in snapshot.summaries()] == ["harbour"]


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


def test_replacing_passages_keeps_the_revision_and_retires_the_former_ones(home: Place) -> None:
    put(home, HARBOUR)
    former = ids_of(home, "harbour")
    whole = (Span(4, len(HARBOUR.text)),)
    with writing(home, wait_seconds=5) as writer:
        writer.replace_passages(Incoming(HARBOUR, whole, vectors_of(HARBOUR, whole), pieces_of(whole)))
    with opened(home).snapshot() as snapshot:
        assert [row.span for row in snapshot.passages_of("harbour")] == list(whole)
        assert snapshot.retired_after(1).tolist() == former
        assert snapshot.revision("harbour").article == HARBOUR


def test_replacing_passages_of_an_article_that_is_not_there_is_an_error(home: Place) -> None:
    with pytest.raises(ArticleNotFound), writing(home, wait_seconds=5) as writer:
        writer.replace_passages(incoming(HARBOUR))


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
