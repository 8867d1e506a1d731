"""Working ahead: a few items are worked on in threads while the next are read and the former are put away."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


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


def worked_ahead(
    items: Iterable[_Item], work: Callable[[_Item, Stop], _Result], *, most: int
) -> Iterator[tuple[_Item, _Result]]:
    """Each item with what `work` makes of it, in order; at most `most` are worked on at a time, each in a thread.

    Items are taken in the caller's thread, no more than `most` beyond the one that is given out. An error stands where
    its item would: everything before it comes first, also where the items themselves break off. When the caller leaves
    early, no thread is left behind.
    """
    stop, source = Stop(), iter(items)
    pending = deque[tuple[_Item, Future[_Result]]]()
    with ThreadPoolExecutor(most, thread_name_prefix="ahead") as pool:
        try:
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception:
                    yield from _drained(pending)
                    raise
                pending.append((item, pool.submit(work, item, stop)))
                while pending and (len(pending) > most or pending[0][1].done()):
                    yield _first(pending)
            yield from _drained(pending)
        finally:
            stop.ask()
            pool.shutdown(wait=False, cancel_futures=True)


def _drained(pending: deque[tuple[_Item, Future[_Result]]]) -> Iterator[tuple[_Item, _Result]]:
    while pending:
        yield _first(pending)


def _first(pending: deque[tuple[_Item, Future[_Result]]]) -> tuple[_Item, _Result]:
    item, future = pending.popleft()
    return item, future.result()
