"""A cluster as this process sees it: orders in, answers later. Ray itself is in another process, as `ray` says why."""

import contextlib
import json
import secrets
import socket
import subprocess
import tempfile
import threading
from concurrent.futures import Future
from typing import Protocol

from corpus.own_process import module_command, module_environment
from indexing.ahead import Pending
from indexing.errors import ClusterFailed
from indexing.spread.frames import Frame, received, send
from indexing.spread.work import FAILED

_MODULE = "indexing.spread.ray"
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_COLOR_PREFIX": "0"}
"""Nothing is told to Ray's makers."""
_SECRET_BYTES = 32
_CONNECT_SECONDS = 10.0
_CONNECTED_SECONDS = 45.0
_STARTED_SECONDS = 300.0
"""Processes of a cluster of our own take seconds to start, and minutes on a machine that is busy."""
_END_SECONDS = 15.0
_SAID = 160
"""Characters shown of the last line that the process printed."""
_GO_ON = "what was told of is stored, and the same command goes on from there"


class Cluster(Protocol):
    """Carries orders out, several at a time, on whatever machines."""

    @property
    def workers(self) -> int:
        """How many it carries out at a time."""
        ...

    def begin(self, order: bytes) -> Pending[bytes]:
        """The answer to an order of `wire`, when it is there. Waiting for it raises ClusterFailed if none comes."""
        ...


class RayCluster:
    """A Ray cluster at an address, or a new one of so many processes on this machine. To be closed.

    Raises ClusterFailed if it cannot be had.
    """

    def __init__(self, address: str | None, *, processes: int) -> None:
        if address is not None:
            _check_listens(address)
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._waiting = dict[int, Future[bytes]]()
        self._count = 0
        self._lost: str | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the cluster
        self._folder = tempfile.TemporaryDirectory(prefix="byline-ray-", ignore_cleanup_errors=True)
        told = json.dumps({"address": address, "processes": processes, "folder": self._folder.name})
        with theirs:
            # in a session of its own: a Ctrl-C is for the process that waits for it
            self._process = subprocess.Popen(  # noqa: S603 - a module of this program
                module_command(_MODULE, str(theirs.fileno()), told), pass_fds=[theirs.fileno()],
                env={**module_environment(), **_QUIET, **({} if address else _secret())},
                stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said, start_new_session=True,
            )  # fmt: skip
        self._socket.settimeout(_STARTED_SECONDS if address is None else _CONNECTED_SECONDS)
        hello = received(self._socket)
        self._socket.settimeout(None)
        if hello is None:
            reason = self._last_words()
            if self._process.poll() is None:
                # such as another kind of server, which Ray waits for as long as it is there
                reason = "what listens there does not answer as one" if address else "it does not start"
                self._process.kill()
            self.close()
            raise ClusterFailed(f"no Ray cluster can be had{f' at {address}' if address else ''}: {reason}")
        self._workers = int(json.loads(hello.body)["workers"])
        self._listener = threading.Thread(target=self._listen, name="cluster", daemon=True)
        self._listener.start()

    @property
    def workers(self) -> int:
        """How many processors it had when it was connected to."""
        return self._workers

    def begin(self, order: bytes) -> Pending[bytes]:
        """As Cluster says. Called from one thread."""
        future = Future[bytes]()
        with self._lock:
            self._count += 1
            number = self._count
            if self._lost is not None:
                future.set_exception(ClusterFailed(self._lost))
                return future
            self._waiting[number] = future
        # the listener fails what was sent to nobody
        with contextlib.suppress(OSError):
            send(self._socket, Frame(number, order))
        return future

    def close(self) -> None:
        """Ends the process, and with it a cluster of its own; orders under way are given up."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()
        self._said.close()
        self._folder.cleanup()

    def _listen(self) -> None:
        while (frame := received(self._socket)) is not None:
            with self._lock:
                future = self._waiting.pop(frame.number)
            _settle(future, frame)
        with self._lock:
            self._lost = f"the Ray cluster is gone ({self._last_words()}); {_GO_ON}"
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for future in waiting:
            future.set_exception(ClusterFailed(self._lost))

    def _last_words(self) -> str:
        """Why the process is gone, or is going."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        with contextlib.suppress(ValueError):
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").split("\n")
            told = [line.strip() for line in lines if line.strip()]
            if told:
                return _said_in(told[-1])[:_SAID]
        return f"its process ended with status {self._process.poll()}"


def _said_in(line: str) -> str:
    """What a line of Ray's own log says: behind the time in brackets and the place in its code."""
    if not line.startswith("["):
        return line
    place, _, said = line.partition("] ")[2].partition(": ")
    return said.strip() if place.rpartition(":")[2].isdecimal() else line


def _check_listens(address: str) -> None:
    """Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # such as `auto`, which Ray knows
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterFailed(f"no Ray cluster can be had at {address}: {error}") from error


def _secret() -> dict[str, str]:
    """Ray listens on every address of the machine: a cluster of our own obeys this process only."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(_SECRET_BYTES)}


def _settle(future: "Future[bytes]", frame: Frame) -> None:
    if frame.failed:
        future.set_exception(ClusterFailed(f"the Ray cluster: {frame.body.decode()[:_SAID]}; {_GO_ON}"))
    elif frame.body.startswith(FAILED):
        future.set_exception(ClusterFailed(f"a worker of the Ray cluster: {frame.body[len(FAILED) :].decode()}"))
    else:
        future.set_result(frame.body)
