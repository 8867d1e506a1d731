"""A bounded queue in front of the engine: what could not be answered soon is refused at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.types import Receive

Found = TypeVar("Found")


class Overloaded(Exception):
    """As many questions wait as may wait."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} questions are waiting already; ask again later")


class ClientGone(Exception):
    """The client hung up before its question's turn came."""


class Admission:
    """Runs work on a few threads of its own, as much waiting for them as is allowed.

    More threads than processors would only make every answer later, and a queue without a bound every answer too late.
    Used from one event loop.
    """

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._threads = threads
        self._waiting = waiting
        self._inside = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="engine")

    async def run(self, work: Callable[[], Found], *, receive: Receive) -> Found:
        """What the work returns. Its request, whose body was read, tells by `receive` that the client is gone.

        Raises what the work raises, Overloaded, or ClientGone.
        """
        if self._inside >= self._threads + self._waiting:
            raise Overloaded(self._waiting)
        future = self._pool.submit(work)
        self._inside += 1
        # what starts at once needs no watching
        watch = asyncio.create_task(_cancel_when_gone(future, receive)) if self._inside > self._threads else None
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if watch is not None and watch.done():
                raise ClientGone from None
            raise
        finally:
            self._inside -= 1
            if watch is not None:
                watch.cancel()

    def close(self) -> None:
        """Waits for what is running."""
        self._pool.shutdown()


async def until_gone(receive: Receive) -> None:
    """Returns when the client of a request whose body was read has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel_when_gone(future: Future[Found], receive: Receive) -> None:
    await until_gone(receive)
    # has no effect once it runs
    future.cancel()
