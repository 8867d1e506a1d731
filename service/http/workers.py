"""Several serving processes on one socket, started, watched and ended by this one."""

import logging
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from corpus.own_process import module_command, module_environment
from service.http.ending import WORKER_SECONDS
from service.http.worker import READY

_LOG = logging.getLogger("byline.workers")
_TICK_SECONDS = 0.05
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
"""Between one start and the next of a worker that keeps dying; doubled from the first to this."""
_LONG_LIVED_SECONDS = 30.0
"""A worker that lived as long is started again at once."""


class _Worker:
    """One process and its line to here, which ends with either."""

    def __init__(
        self,
        command: list[str],
        listener: socket.socket,
        *,
        inherited: Sequence[int],
        environment: Mapping[str, str],
    ) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(0)
        numbers = (listener.fileno(), theirs.fileno())
        # a group of its own: Ctrl-C is for the parent, which has the others end
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, "--listener", str(numbers[0]), "--line", str(numbers[1])],
            pass_fds=(*numbers, *inherited),
            process_group=0,
            env={**module_environment(), **environment},
        )
        theirs.close()
        self.started = time.monotonic()
        self._ready = False

    @property
    def ready(self) -> bool:
        """Whether it has said that it takes connections."""
        if not self._ready:
            try:
                self._ready = self._line.recv(len(READY)) == READY
            except BlockingIOError:
                return False
        return self._ready

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self, until: float) -> None:
        """Waits for a process that was told to end, and kills it when the time is over."""
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._line.close()


class Workers:
    """So many processes that serve `home` on the listener; `command` is replaced by tests.

    They inherit the descriptors in `inherited` under the same numbers, and get what `environment` adds to this
    process's own; `on_ended` is told the id of each that has ended.
    """

    def __init__(
        self,
        count: int,
        *,
        command: list[str],
        listener: socket.socket,
        inherited: Sequence[int] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
        on_ended: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._inherited = inherited
        self._command = command
        self._environment = environment
        self._on_ended = on_ended
        self._listener = listener
        self._workers: list[_Worker | None] = [None] * count
        self._pauses = [_FIRST_PAUSE_SECONDS] * count
        self._next = [0.0] * count
        self._ending = False

    def run(self, *, on_ready: Callable[[], None]) -> int:
        """Serves until SIGTERM or SIGINT, or until no worker can: the exit status, 0 after a signal.

        The first worker starts alone, so that what hinders all is told once, and what is made once is made once.
        `on_ready` is called when all take connections.
        """
        with self._signals():
            try:
                if not (self._started(slice(0, 1)) and self._started(slice(1, None))):
                    return 0 if self._ending else 1
                on_ready()
                while not self._ending:
                    if not self._watched():
                        return 1
                    time.sleep(_TICK_SECONDS)
                return 0
            finally:
                self._end()

    def _started(self, places: slice) -> bool:
        """Starts workers and waits until all of them are ready; False if one ends instead or a signal comes."""
        numbers = range(len(self._workers))[places]
        for number in numbers:
            self._start(number)
        while not self._ending:
            held = [worker for number in numbers if (worker := self._workers[number])]
            if len(held) < len(numbers):
                return False
            if all(worker.ready for worker in held):
                return True
            if not all(worker.alive for worker in held):
                return False
            time.sleep(_TICK_SECONDS)
        return False

    def _watched(self) -> bool:
        """Starts again what has ended; False when one could not start and no other is left that serves."""
        now = time.monotonic()
        for number, worker in enumerate(self._workers):
            if worker is None:
                if now >= self._next[number]:
                    self._start(number)
            elif not worker.alive:
                self._workers[number] = None
                serving = any(other and other.ready and other.alive for other in self._workers)
                if not worker.ready and not serving:
                    return False
                if now - worker.started > _LONG_LIVED_SECONDS:
                    self._pauses[number] = _FIRST_PAUSE_SECONDS
                pause, self._pauses[number] = (
                    self._pauses[number],
                    min(2 * self._pauses[number], _LONGEST_PAUSE_SECONDS),
                )
                self._next[number] = now + pause
                _LOG.error("worker %d ended (%s); it is started again", worker.process.pid, worker.process.returncode)
                worker.end(now)
                self._on_ended(worker.process.pid)
        return True

    def _start(self, number: int) -> None:
        try:
            self._workers[number] = _Worker(
                self._command, self._listener, inherited=self._inherited, environment=self._environment
            )
        except OSError:
            # no process can be had now; those that serve go on
            _LOG.exception("a worker cannot be started")
            self._next[number] = time.monotonic() + _LONGEST_PAUSE_SECONDS

    def _end(self) -> None:
        # what comes now is refused and does not wait for nobody
        self._listener.close()
        held = [worker for worker in self._workers if worker is not None]
        for worker in held:
            if worker.alive:
                worker.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + WORKER_SECONDS
        for worker in held:
            worker.end(until)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def end(_: int, __: object) -> None:
            self._ending = True

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def worker_command(home: Path, *, host: str, processes: int, rates: int, keyless: bool) -> list[str]:
    """What starts one of so many serving processes, which inherit the table of rates as this descriptor."""
    told = ["--home", str(home), "--host", host, "--processes", str(processes), "--rates", str(rates)]
    return module_command("service.http.worker", *told, *(["--keyless"] if keyless else []))
