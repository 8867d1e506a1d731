"""Working ahead changes when work is done, and nothing of what comes of it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.library.records import PutResult
from indexing.ahead import Stop, worked_ahead
from indexing.ingest import Draft
from tests.indexing.samples import LAW, Shelf, numbered, stored_ids


def squared(number: int, _: Stop) -> int:
    return number * number


@LAW
@given(delays=st.lists(st.sampled_from([0.0, 0.001]), max_size=12), most=st.integers(1, 4))
def test_results_come_in_order_however_long_each_takes(delays: list[float], most: int) -> None:
    def work(number: int, _: Stop) -> int:
        time.sleep(delays[number])
        return number * number

    found = list(worked_ahead(range(len(delays)), work, most=most))
    assert found == [(number, number * number) for number in range(len(delays))]


@LAW
@given(count=st.integers(0, 12), at=st.integers(0, 12), most=st.integers(1, 4))
def test_what_was_taken_before_the_items_break_off_is_given_out_first(count: int, at: int, most: int) -> None:
    def items() -> Iterator[int]:
        yield from range(min(at, count))
        if at < count:
            raise OSError("gone")

    given_out = list[int]()

    def take() -> None:
        for item, _ in worked_ahead(items(), squared, most=most):
            given_out.append(item)

    if at < count:
        with pytest.raises(OSError, match="gone"):
            take()
    else:
        take()
    assert given_out == list(range(min(at, count)))


@LAW
@given(count=st.integers(1, 12), at=st.integers(0, 11), most=st.integers(1, 4))
def test_an_error_of_the_work_stands_where_its_item_would(count: int, at: int, most: int) -> None:
    def work(number: int, _: Stop) -> int:
        if number == at:
            raise ValueError("cannot")
        return number

    running = worked_ahead(range(count), work, most=most)
    for expected in range(min(at, count)):
        assert next(running) == (expected, expected)
    if at < count:
        with pytest.raises(ValueError, match="cannot"):
            next(running)
    assert list(running) == []


@pytest.mark.parametrize("most", [1, 3])
def test_items_are_taken_only_as_they_are_needed_and_in_the_callers_thread(most: int) -> None:
    taken, threads = list[int](), set[int]()

    def items() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            threads.add(threading.get_ident())
            yield number

    for item, _ in worked_ahead(items(), squared, most=most):
        assert len(taken) <= item + 1 + most
    assert threads == {threading.get_ident()}


def test_who_leaves_early_leaves_no_thread_and_no_work_that_goes_on() -> None:
    before, begun = threading.active_count(), threading.Event()

    def work(number: int, stop: Stop) -> int:
        if number:
            begun.set()
            while True:
                stop.check()
                time.sleep(0.001)
        assert begun.wait(10)
        return number

    running = worked_ahead(range(9), work, most=2)
    assert next(running) == (0, 0)
    running.close()  # type: ignore[attr-defined]  # a generator, as every function that yields
    assert threading.active_count() == before


def test_work_that_is_not_wanted_any_more_is_told_so() -> None:
    stop = Stop()
    stop.check()
    stop.ask()
    with pytest.raises(CancelledError):
        stop.check()


def test_who_takes_no_more_leaves_no_thread_and_only_whole_batches(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    before = threading.active_count()
    running = shelf.ingester.put_all(Draft(each) for each in numbered(1000))
    told = [next(running).draft.article.id for _ in range(10)]
    running.close()  # type: ignore[attr-defined]  # a generator, as every function that yields
    assert threading.active_count() == before
    held = stored_ids(shelf)
    assert set(told) <= set(held)
    assert len(held) < 1000
    assert {each.result for each in shelf.put_all(*numbered(len(held)))} == {PutResult.UNCHANGED}
    shelf.put("b", "The lock is free.")


def test_drafts_are_taken_only_a_few_batches_ahead_of_what_is_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    taken = list[str]()

    def drafts() -> Iterator[Draft]:
        for each in numbered(1500):
            taken.append(each.id)
            yield Draft(each)

    for told, _ in enumerate(shelf.ingester.put_all(drafts()), start=1):
        assert len(taken) - told <= 4 * 128
    assert len(taken) == 1500


def test_articles_without_passages_are_held_back_by_their_length_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    text = "Buy now. " * 250_000
    taken = list[int]()

    def drafts() -> Iterator[Draft]:
        for number in range(10):
            taken.append(number)
            skip = Skip(Span(0, len(text)), SkipReason.APPEAL)
            yield Draft(Article(id=f"a{number}", text=text, title="t", skipped=(skip,)))

    next(shelf.ingester.put_all(drafts()))
    assert len(taken) < 10
