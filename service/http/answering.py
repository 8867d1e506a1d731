"""A question answered in its queue, and given up when its client leaves where that is worth watching for."""

from collections.abc import Callable
from typing import TypeVar

from starlette.types import Receive

from service.core.cancellation import NEVER, Cancellation
from service.core.engine import Engine
from service.http.admission import Admission

Made = TypeVar("Made")


async def answered(work: Callable[[Cancellation], Made], *, core: Engine, queue: Admission, receive: Receive) -> Made:
    """What the work makes. Raises what it raises, Overloaded or ClientGone.

    What heeds no cancellation is run by the queue itself: to watch its client would cost a task and save nothing.
    """
    cancellation = core.cancellation()
    return await queue.run(lambda: work(cancellation or NEVER), receive=receive, cancellation=cancellation)
