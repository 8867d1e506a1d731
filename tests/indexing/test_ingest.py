"""Taking articles in: in batches, without encoding twice, and with everything before an error kept."""

from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.library.reading import Library
from corpus.library.records import PutResult
from corpus.library.writing import writing
from indexing.ahead import Stop
from indexing.encoders.protocol import passage_input
from indexing.errors import PassageTooLong
from indexing.ingest import Draft
from indexing.tokens import count_tokens
from tests.indexing.samples import LAW, CountingEncoder, Shelf, article, numbered, stored_ids


def counting_shelf(home: Path, *, fail_at: str | None = None) -> tuple[Shelf, CountingEncoder]:
    encoder = CountingEncoder(fail_at=fail_at)
    return Shelf(home, encoder=encoder), encoder


def commits(shelf: Shelf) -> int:
    with shelf.library.snapshot() as snapshot:
        return snapshot.commit


def test_what_is_told_is_what_the_library_then_holds(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    text = "The harbour reopened on Tuesday. " * 8
    stored = shelf.ingester.put(Draft(article("a", text), origin="/news/a.txt"))
    assert stored.result is PutResult.CREATED
    with shelf.library.snapshot() as snapshot:
        rows = snapshot.passages_of("a")
        assert len(rows) == stored.passages > 1
        assert snapshot.origin("a") == "/news/a.txt"
        for row in rows:
            assert row.text == text[row.span.start : row.span.end]
            assert count_tokens(row.text) <= shelf.identity.max_tokens
    assert shelf.put("a", "Other words.").result is PutResult.UPDATED


def test_the_stored_vectors_are_those_of_title_and_passage_in_half_precision(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "The harbour reopened on Tuesday. Cranes were checked.", title="Harbour news")
    with shelf.library.snapshot() as snapshot:
        found = snapshot.vectors_after(0)
        for row in snapshot.passages_of("a"):
            vector = found.vectors[found.ids.tolist().index(row.passage_id)]
            expected = shelf.encoder.encode_passages([passage_input("Harbour news", row.text)])[0]
            assert vector.tobytes() == expected.astype(np.float16).tobytes()


@LAW
@given(seed=st.integers(0, 10_000), dim=st.sampled_from([48, 384, 1024]))
def test_half_precision_moves_a_cosine_by_less_than_a_thousandth(seed: int, dim: int) -> None:
    drawn = np.random.default_rng(seed).standard_normal((2, dim))
    one, other = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    kept = one.astype(np.float16).astype(np.float32)
    # rounding to 11 significant bits moves each number by at most 2**-11 of it, so the vector by at most that length
    assert np.linalg.norm(kept - one) <= 2**-11 + 1e-6
    assert abs(float(kept @ other) - float(one @ other)) <= 2**-11 + 1e-6


def test_many_articles_are_committed_some_hundred_passages_at_a_time(tmp_path: Path) -> None:
    shelf, encoder = counting_shelf(tmp_path)
    stored = shelf.put_all(*numbered(300))
    assert [each.draft.article.id for each in stored] == [f"a{n}" for n in range(300)]
    assert {each.result for each in stored} == {PutResult.CREATED}
    assert commits(shelf) == len(encoder.calls) <= 6
    assert encoder.encoded == sum(each.passages for each in stored)
    assert len(stored_ids(shelf)) == 300


def test_an_article_is_told_of_only_once_it_is_durable(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    elsewhere = Library(tmp_path)
    for stored in shelf.ingester.put_all(Draft(each) for each in numbered(300)):
        with elsewhere.snapshot() as snapshot:
            assert snapshot.revision(stored.draft.article.id).current


def test_an_unchanged_article_costs_no_encoding(tmp_path: Path) -> None:
    shelf, encoder = counting_shelf(tmp_path)
    first = shelf.put_all(*numbered(20))
    encoded = encoder.encoded
    again = shelf.put_all(*numbered(20))
    assert {each.result for each in again} == {PutResult.UNCHANGED}
    assert [each.passages for each in again] == [each.passages for each in first]
    assert encoder.encoded == encoded


def test_articles_that_are_all_stored_already_make_no_commit(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_all(*numbered(300))
    before = commits(shelf)
    assert {each.result for each in shelf.put_all(*numbered(300))} == {PutResult.UNCHANGED}
    assert shelf.put("a0", numbered(1)[0].text).result is PutResult.UNCHANGED
    assert commits(shelf) == before
    shelf.put("a0", "New words.")
    assert commits(shelf) == before + 1


def test_articles_that_are_stored_already_are_told_of_while_another_process_writes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_all(*numbered(3))
    with writing(tmp_path, wait_seconds=5):
        assert {each.result for each in shelf.put_all(*numbered(3))} == {PutResult.UNCHANGED}


def test_only_what_changed_is_encoded(tmp_path: Path) -> None:
    shelf, encoder = counting_shelf(tmp_path)
    articles = numbered(20)
    shelf.put_all(*articles)
    encoder.calls.clear()
    articles[7] = article("a7", "Entirely new words.")
    results = [each.result for each in shelf.put_all(*articles)]
    assert results.count(PutResult.UPDATED) == 1
    assert results[7] is PutResult.UPDATED
    assert encoder.encoded == 1


def test_the_same_id_several_times_in_one_batch_ends_with_the_last(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "First words.")
    drafts = ["Second words.", "First words.", "First words.", "Third words.", "First words."]
    results = [each.result for each in shelf.put_all(*(article("a", text) for text in drafts))]
    assert results == [
        PutResult.UPDATED, PutResult.UPDATED, PutResult.UNCHANGED, PutResult.UPDATED, PutResult.UPDATED,
    ]  # fmt: skip
    with shelf.library.snapshot() as snapshot:
        assert snapshot.revision("a").article.text == "First words."
        assert [row.text for row in snapshot.passages_of("a")] == ["First words."]


def test_an_article_changed_by_another_writer_after_it_was_drafted_is_stored_as_drafted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "First words.")
    other = Shelf(tmp_path)

    def drafts() -> Iterator[Draft]:
        yield Draft(article("a", "First words."))  # at this moment the library holds just this
        other.put("a", "The other writer's words.")
        yield Draft(article("b", "More words."))

    results = [(each.draft.article.id, each.result) for each in shelf.ingester.put_all(drafts())]
    assert results == [("a", PutResult.UPDATED), ("b", PutResult.CREATED)]
    with shelf.library.snapshot() as snapshot:
        assert snapshot.revision("a").article.text == "First words."


def test_an_article_removed_by_another_writer_after_it_was_drafted_is_stored_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "First words.")
    other = Shelf(tmp_path)

    def drafts() -> Iterator[Draft]:
        yield Draft(article("a", "First words."))
        other.remove("a")
        yield Draft(article("b", "More words."))

    results = [each.result for each in shelf.ingester.put_all(drafts())]
    assert results == [PutResult.CREATED, PutResult.CREATED]
    assert stored_ids(shelf) == ["a", "b"]


def test_an_article_of_which_everything_is_skipped_is_stored_without_passages(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    everything = Article(id="a", text="Buy now", title="t", skipped=(Skip(Span(0, 7), SkipReason.APPEAL),))
    (stored,) = shelf.put_all(everything)
    assert (stored.result, stored.passages) == (PutResult.CREATED, 0)
    assert stored_ids(shelf) == ["a"]


def test_a_source_that_fails_in_the_middle_keeps_what_was_told_before(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    told: list[str] = []

    def drafts() -> Iterator[Draft]:
        yield from (Draft(each) for each in numbered(150))
        raise OSError("the disk went away")

    def take_in() -> None:
        told.extend(stored.draft.article.id for stored in shelf.ingester.put_all(drafts()))

    with pytest.raises(OSError, match="went away"):
        take_in()
    assert sorted(told) == stored_ids(shelf)
    assert len(told) >= 50
    assert len(told) == 150, "none of those before the error is lost"


def test_an_encoder_that_fails_in_the_middle_keeps_what_was_told_before_and_nothing_of_its_batch(
    tmp_path: Path,
) -> None:
    shelf, encoder = counting_shelf(tmp_path, fail_at="Sentence 140 ")
    told: list[str] = []

    def take_in() -> None:
        for stored in shelf.ingester.put_all(Draft(each) for each in numbered(300)):
            told.append(stored.draft.article.id)  # noqa: PERF401 - those before the error count

    with pytest.raises(PassageTooLong):
        take_in()
    assert told
    assert stored_ids(shelf) == sorted(told)
    encoder.fail_at = None
    shelf.put_all(*numbered(300))
    assert len(stored_ids(shelf)) == 300


def test_an_article_that_nobody_waits_for_any_more_is_not_stored(tmp_path: Path) -> None:
    shelf, stop = Shelf(tmp_path), Stop()
    stop.ask()
    with pytest.raises(CancelledError):
        shelf.ingester.put(Draft(article("a", "It was said.")), stop=stop)
    with shelf.library.snapshot() as snapshot:
        assert not snapshot.has("a")
    assert shelf.ingester.put(Draft(article("a", "It was said.")), stop=Stop()).result is PutResult.CREATED
