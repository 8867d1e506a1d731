"""A bounded queue in front of work: what could not begin soon is refused at once, and what waits, in time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol, TypeVar

from starlette.types import Receive

from service.core.cancellation import Cancellation, Cancelled
from service.http.line import Job, Line

Found = TypeVar("Found")


class Overloaded(Exception):
    """There is more to do than can be done in time."""


class QueueFull(Overloaded):
    """As many wait as may wait."""

    def __init__(self, waiting: int, what: str) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} {what} are waiting already; ask again later")


class WaitedTooLong(Overloaded):
    """Its turn did not come within the time that it may wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"its turn did not come within {seconds:g} s; ask again later")


class ClientGone(Exception):
    """The client hung up before its turn came."""


class Watch(Protocol):
    """Who counts what waits."""

    def inside(self, count: int) -> None:
        """So many wait or are being worked on now."""

    def refused(self) -> None:
        """One more found the queue full, or waited too long in it."""


class Unwatched:
    """Counts nothing."""

    def inside(self, count: int) -> None:
        """Nobody asks."""

    def refused(self) -> None:
        """Nobody asks."""


class Admission:
    """Runs work on a few threads of its own, as much waiting for them as is allowed, and for as long.

    More threads than processors would only make every answer later, and a queue without a bound every answer too late.
    `what` is what waits, in the plural, for those who are refused. Used from one event loop.
    """

    def __init__(
        self,
        *,
        threads: int,
        waiting: int,
        seconds: float,
        what: str = "questions",
        watch: Watch = Unwatched(),  # noqa: B008 - has no state
    ) -> None:
        self._watch = watch
        self._threads = threads
        self._waiting = waiting
        self._seconds = seconds
        self._what = what
        self._inside = 0
        self._line = Line(threads, name=what)

    def check(self) -> None:
        """Raises QueueFull if nothing more could wait now; who asks before reading a body need not read it."""
        if self._inside >= self._threads + self._waiting:
            self._watch.refused()
            raise QueueFull(self._waiting, self._what)

    async def run(
        self, work: Callable[[], Found], *, receive: Receive, cancellation: Cancellation | None = None
    ) -> Found:
        """What the work returns. Its request, whose body was read, tells by `receive` that the client is gone.

        Work that heeds a cancellation ends then, also while it runs. Raises what it raises, Overloaded or ClientGone.
        """
        self.check()
        # with the context goes the request's id, for the log
        job = Job(partial(copy_context().run, work))
        self._line.add(job)
        self._count(+1)
        loop, gone, late = asyncio.get_running_loop(), None, None
        # what starts at once and soon ends needs no watching
        if self._inside > self._threads:
            late = loop.call_later(self._seconds, job.forgo)
        if self._inside > self._threads or cancellation is not None:
            gone = asyncio.create_task(_cancel_when_gone(job.future, receive, cancellation))
        try:
            found: Found = await asyncio.wrap_future(job.future)
        except Cancelled:
            raise ClientGone from None
        except asyncio.CancelledError:
            self._line.drop(job)
            if cancellation is not None:
                cancellation.cancel()
            if job.forgone:
                self._watch.refused()
                raise WaitedTooLong(self._seconds) from None
            if gone is not None and gone.done():
                raise ClientGone from None
            raise
        finally:
            if job.future.done():
                self._count(-1)
            else:
                # nobody waits for it any more, but it has its thread still
                job.future.add_done_callback(lambda _: _in(loop, partial(self._count, -1)))
            if gone is not None:
                gone.cancel()
            if late is not None:
                late.cancel()
        return found

    def _count(self, change: int) -> None:
        self._inside += change
        self._watch.inside(self._inside)

    def close(self) -> None:
        """Waits for what is running."""
        self._line.close()


def _in(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Has a loop do it that may have ended meanwhile."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


async def until_gone(receive: Receive) -> None:
    """Returns when the client of a request whose body was read has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel_when_gone(future: Future[Any], receive: Receive, cancellation: Cancellation | None) -> None:
    await until_gone(receive)
    # has no effect once it runs
    future.cancel()
    if cancellation is not None:
        cancellation.cancel()
