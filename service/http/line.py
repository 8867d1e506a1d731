"""Jobs in the order in which they came, the threads that do them, and jobs that are given up before their turn."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any


class Job:
    """Work that waits or is under way."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self.future = Future[Any]()
        self.forgone = False
        """Whether it was given up, as its turn did not come in time."""

    def forgo(self) -> None:
        """Without effect once it runs."""
        self.forgone = self.future.cancel()

    def do(self) -> None:
        """Does it, unless nobody wants it any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            found = self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            self.future.set_exception(error)
        else:
            self.future.set_result(found)


class Line:
    """Jobs that wait for so many threads.

    A pool's own queue keeps what was cancelled until its turn comes: who asks and hangs up again and again would fill
    it.
    """

    def __init__(self, threads: int, *, name: str) -> None:
        self._jobs = deque[Job]()
        self._lock = threading.Lock()
        self._free = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def add(self, job: Job) -> None:
        """At the end."""
        with self._lock:
            self._jobs.append(job)
            if not self._free:
                return
            self._free -= 1
        self._pool.submit(self._do_all)

    def drop(self, job: Job) -> None:
        """Takes out one that was cancelled."""
        with self._lock, suppress(ValueError):
            self._jobs.remove(job)

    def close(self) -> None:
        """Waits for what was added."""
        self._pool.shutdown()

    def _do_all(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._free += 1
                    return
                job = self._jobs.popleft()
            job.do()
