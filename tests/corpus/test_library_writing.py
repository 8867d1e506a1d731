"""Writing to the library: what each change does, and that a write is kept whole or not at all."""

from dataclasses import replace

import pytest

from corpus.article import Article, Span
from corpus.errors import ArticleNotFound
from corpus.library.records import Counts, Incoming, PutResult
from corpus.library.writing import writing
from tests.corpus.test_library_samples import (
    HARBOUR,
    IDENTITY,
    LATER,
    Place,
    ids_of,
    incoming,
    opened,
    pieces_of,
    put,
    remove,
    vectors_of,
    word_spans,
)


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
