"""Where questions wait for the core: what serves the protocol brings its own, which the tools use."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from service.core.cancellation import Cancellation

Found = TypeVar("Found")


class Queue(Protocol):
    """Runs work off the event loop, in its turn."""

    async def run(
        self, work: Callable[[], Found], request: object, *, cancellation: Cancellation | None = None
    ) -> Found:
        """What the work returns, or raises what it raises, or Busy. `request` is the transport's own, None on stdio.

        Work that heeds a cancellation ends when nobody waits for it any more, also while it runs.
        """
