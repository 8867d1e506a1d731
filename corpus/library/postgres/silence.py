"""A connection that gives up a server that is silent: of one that is frozen, the kernel acknowledges all it is sent."""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.waiting import Ready

from corpus.library.dialect import Row

SILENT_SECONDS = 35.0
"""Without a word, until the server is looked for: somewhat more than a statement may take."""
LOOK_SECONDS = 5
_INTERVAL = 0.1
"""Seconds between two looks at the clock, psycopg's own."""

_T = TypeVar("_T")


class Listening(psycopg.Connection[Row]):
    """Looks for its server whenever that was silent for long, as it is in a long statement or waiting for a lock.

    Raises OperationalError where the server does not take another connection either; this one is closed then.
    """

    parts: dict[str, Any]
    """What it was opened with, password and all."""

    def wait(self, gen: PQGen[_T], interval: float = _INTERVAL, timeout: float | None = None) -> _T:
        """As psycopg's own, which says no more of it than this."""
        heard = self._heard(gen)
        # an earlier psycopg has no limit
        return super().wait(heard, interval) if timeout is None else super().wait(heard, interval, timeout)

    def _heard(self, gen: PQGen[_T]) -> PQGen[_T]:
        """What psycopg does, told of whatever comes, and of nothing ten times a second."""
        last = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready != Ready.NONE:
                    last = time.monotonic()
                elif time.monotonic() - last >= SILENT_SECONDS:
                    self._look()
                    last = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result

    def _look(self) -> None:
        # this very server, of several that an address may name
        here = {"host": self.info.host, "hostaddr": self.info.hostaddr or None, "port": self.info.port}
        whole = {**self.parts, **here, "target_session_attrs": "any", "connect_timeout": LOOK_SECONDS}
        try:
            psycopg.connect(make_conninfo(**whole)).close()
        except psycopg.OperationalError as error:
            self.close()
            raise psycopg.OperationalError(
                f"the server was silent for {SILENT_SECONDS:.0f} s and takes no other connection: {error}"
            ) from error
