"""Working ahead: a few items are worked on elsewhere while the next are read and the former are put away."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Made_co = TypeVar("_Made_co", covariant=True)


class Stop:
    """Asks work under way to end early, as nobody waits for its result any more."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """From now on `check` raises."""
        self._asked.set()

    def check(self) -> None:
        """Raises CancelledError if the work is not wanted any more."""
        if self._asked.is_set():
            raise CancelledError


class Pending(Protocol[_Made_co]):
    """A result that may still be made, as a concurrent.futures.Future is."""

    def done(self) -> bool:
        """Whether `result` returns at once."""
        ...

    def result(self) -> _Made_co:
        """Waits for it. Raises what making it raised."""
        ...


def worked_ahead(
    items: Iterable[_Item], work: Callable[[_Item, Stop], _Result], *, most: int
) -> Iterator[tuple[_Item, _Result]]:
    """Each item with what `work` makes of it, as `in_order` gives them, each worked on in a thread of this process.

    When the caller leaves early, no thread is left behind.
    """
    stop = Stop()
    with ThreadPoolExecutor(most, thread_name_prefix="ahead") as pool:
        try:
            yield from in_order(items, lambda item: pool.submit(work, item, stop), most=most)
        finally:
            stop.ask()
            pool.shutdown(wait=False, cancel_futures=True)


def in_order(
    items: Iterable[_Item], begin: Callable[[_Item], Pending[_Result]], *, most: int
) -> Iterator[tuple[_Item, _Result]]:
    """Each item with the result that `begin` has made of it, in order; at most `most` are under way at a time.

    Items are taken in the caller's thread, no more than `most` beyond the one that is given out. An error stands where
    its item would: everything before it comes first, also where the items themselves break off.
    """
    source, pending = iter(items), deque[tuple[_Item, Pending[_Result]]]()
    while True:
        try:
            item = next(source)
        except StopIteration:
            break
        except Exception:
            yield from _drained(pending)
            raise
        pending.append((item, begin(item)))
        while pending and (len(pending) > most or pending[0][1].done()):
            yield _first(pending)
    yield from _drained(pending)


def _drained(pending: deque[tuple[_Item, Pending[_Result]]]) -> Iterator[tuple[_Item, _Result]]:
    while pending:
        yield _first(pending)


def _first(pending: deque[tuple[_Item, Pending[_Result]]]) -> tuple[_Item, _Result]:
    item, made = pending.popleft()
    return item, made.result()
