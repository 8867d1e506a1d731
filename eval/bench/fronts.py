"""Measurements over HTTP: each system behind its service, started, and offered rising rates."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from eval.bench import figures
from eval.bench.errors import SystemFailed
from eval.bench.offering import Offer, Offered
from eval.bench.process import environment, memory_mb
from eval.bench.rate import highest_rate
from eval.bench.systems import System, Way
from eval.bench.workplace import REPLY_SECONDS, Workplace, seconds_since

START_SECONDS = 120.0
_SETTLE_SECONDS = 15.0
_SETTLED_MS = 100.0
_PAUSE_SECONDS = 0.1
_OK = 200
_LEAST = 100
"""Requests at each rate: the slowest of fewer would be the slowest 1 of 100."""
_WARM_UP = (5.0, 2.0)
"""Requests a second, and seconds, that are not counted."""


def measure_services(
    work: Workplace, folders: dict[System, Path], number: int, *, offer: Offer, seconds: float
) -> None:
    """One round: each system's service is started, and each way to ask it is offered rates for so many seconds each."""
    for system in (system for system in work.in_turn(number) if system in folders):
        folder = folders[system]
        with work.turn(system, at="service"), log_beside(folder) as log:
            port = _free_port()
            with work.talk(system) as process:
                told = process("front", within=REPLY_SECONDS, folder=str(folder), port=port)
            begun = time.perf_counter()
            with subprocess.Popen(  # noqa: S603 - a command of the adapter
                told["command"],
                env=environment(system, threads=work.threads, more=told["environment"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ) as service:
                try:
                    _await(system, system.ways[0], service, port, work.collection.questions[0])
                    work.figures.note(system.name, number, figures.SERVICE_START, seconds_since(begun))
                    for way in system.ways:
                        _load(work, system, way, number, port=port, offer=offer, seconds=seconds)
                    work.figures.note(system.name, number, figures.SERVICE_MB, memory_mb(service.pid))
                finally:
                    _end(service)


@contextmanager
def log_beside(folder: Path) -> Iterator[int]:
    """A file that takes what a service says; it is read by people, when something went wrong."""
    descriptor = os.open(folder.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _load(work: Workplace, system: System, way: Way, number: int, *, port: int, offer: Offer, seconds: float) -> None:
    url = f"http://127.0.0.1:{port}{way.path}"
    bodies = [json.dumps(way.body(question)).encode() for question in work.collection.questions]
    offer(url, bodies, *_WARM_UP)

    def offer_at(rate: float) -> Offered:
        work.tell(f"{system.name}: {way.name} over HTTP, {rate:.0f} a second")
        offered = offer(url, bodies, rate, max(seconds, _LEAST / rate))
        _settle(port, way.path, bodies[0])
        return offered

    found = highest_rate(offer_at)
    work.figures.note(system.name, number, figures.served(way.name), found.highest)
    work.figures.loads.setdefault(f"{system.name}, {way.name}", []).extend(found.tried)


def _await(system: System, way: Way, service: "subprocess.Popen[bytes]", port: int, question: str) -> None:
    """Returns when the service has answered a question."""
    until = time.perf_counter() + START_SECONDS
    while time.perf_counter() < until:
        if service.poll() is not None:
            raise SystemFailed(system.name, f"the service ended with status {service.returncode}")
        with suppress(OSError, HTTPException):
            status, said = _post(port, way.path, json.dumps(way.body(question)).encode(), within=START_SECONDS)
            if status == _OK:
                return
            raise SystemFailed(system.name, f"the service answers {status}: {said[:200]!r}")
        time.sleep(0.02)
    raise SystemFailed(system.name, f"the service was not ready after {START_SECONDS:.0f} s")


def _settle(port: int, path: str, body: bytes) -> None:
    """Waits for what is left of a rate that was too high, so that it does not count against the next one."""
    until = time.perf_counter() + _SETTLE_SECONDS
    while time.perf_counter() < until:
        begun = time.perf_counter()
        with suppress(OSError, HTTPException):
            _post(port, path, body, within=_SETTLE_SECONDS)
            if 1000 * seconds_since(begun) <= _SETTLED_MS:
                return
        time.sleep(_PAUSE_SECONDS)


def _post(port: int, path: str, body: bytes, *, within: float) -> tuple[int, bytes]:
    """Status and content. Raises OSError or HTTPException."""
    # no proxy is ever asked
    with closing(HTTPConnection("127.0.0.1", port, timeout=within)) as connection:
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _end(service: "subprocess.Popen[bytes]") -> None:
    service.terminate()
    try:
        service.wait(10)
    except subprocess.TimeoutExpired:
        service.kill()
