"""A bounded queue in front of the engine: what could not be answered soon is refused at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol, TypeVar

from starlette.types import Receive

from service.core.cancellation import Cancellation, Cancelled

Found = TypeVar("Found")


class Overloaded(Exception):
    """As many questions wait as may wait."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} questions are waiting already; ask again later")


class ClientGone(Exception):
    """The client hung up before its question's turn came."""


class Watch(Protocol):
    """Who counts what waits."""

    def inside(self, count: int) -> None:
        """So many questions wait or are being answered now."""

    def refused(self) -> None:
        """One more found the queue full."""


class Unwatched:
    """Counts nothing."""

    def inside(self, count: int) -> None:
        """Nobody asks."""

    def refused(self) -> None:
        """Nobody asks."""


class Admission:
    """Runs work on a few threads of its own, as much waiting for them as is allowed.

    More threads than processors would only make every answer later, and a queue without a bound every answer too late.
    Used from one event loop.
    """

    def __init__(self, *, threads: int, waiting: int, watch: Watch = Unwatched()) -> None:  # noqa: B008 - has no state
        self._watch = watch
        self._threads = threads
        self._waiting = waiting
        self._inside = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="engine")

    async def run(
        self, work: Callable[[], Found], *, receive: Receive, cancellation: Cancellation | None = None
    ) -> Found:
        """What the work returns. Its request, whose body was read, tells by `receive` that the client is gone.

        Work that heeds a cancellation ends then, also while it runs. Raises what it raises, Overloaded or ClientGone.
        """
        if self._inside >= self._threads + self._waiting:
            self._watch.refused()
            raise Overloaded(self._waiting)
        # with the context goes the request's id, for the log
        future = self._pool.submit(copy_context().run, work)
        self._count(+1)
        watch = None
        # what starts at once and soon ends needs no watching
        if self._inside > self._threads or cancellation is not None:
            watch = asyncio.create_task(_cancel_when_gone(future, receive, cancellation))
        try:
            return await asyncio.wrap_future(future)
        except Cancelled:
            raise ClientGone from None
        except asyncio.CancelledError:
            if watch is not None and watch.done():
                raise ClientGone from None
            raise
        finally:
            self._count(-1)
            if watch is not None:
                watch.cancel()

    def _count(self, change: int) -> None:
        self._inside += change
        self._watch.inside(self._inside)

    def close(self) -> None:
        """Waits for what is running."""
        self._pool.shutdown()


async def until_gone(receive: Receive) -> None:
    """Returns when the client of a request whose body was read has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel_when_gone(future: Future[Found], receive: Receive, cancellation: Cancellation | None) -> None:
    await until_gone(receive)
    # has no effect once it runs
    future.cancel()
    if cancellation is not None:
        cancellation.cancel()
