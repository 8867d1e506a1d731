"""The process that watches the serving ones: it starts, starts again, gives up with a reason, and ends them all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.service.cli_runs import ROOT

SUPERVISOR = """
import socket, sys
from service.http.workers import Workers
listener = socket.create_server(("127.0.0.1", 0))
command = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
print(Workers(2, command=command, listener=listener).run(on_ready=lambda: print("all ready", flush=True)))
"""
WORKER = """
import os, pathlib, signal, socket, sys, time
folder = pathlib.Path(sys.argv[1])
line = socket.socket(fileno=int(sys.argv[sys.argv.index("--line") + 1]))
socket.socket(fileno=int(sys.argv[sys.argv.index("--listener") + 1])).getsockname()
if (folder / "broken").exists():
    sys.exit("error: the library is broken")
line.sendall(b"ready")
(folder / str(os.getpid())).touch()
signal.signal(signal.SIGTERM, lambda *_: ((folder / f"{os.getpid()}.drained").touch(), sys.exit(0)))
line.recv(1)
"""
"""A serving process that serves nothing: it says that it is ready, and notes its id and that it was asked to end."""


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@contextmanager
def supervised(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, WORKER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def workers(folder: Path) -> set[int]:
    return {int(file.name) for file in folder.iterdir() if file.name.isdigit()}


def lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "all ready\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_has_every_worker_finish_and_ends_well(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path) as process:
        ready(process)
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
        assert out == "0\n"
        assert len(workers(tmp_path)) == 2
        for worker in workers(tmp_path):
            assert (tmp_path / f"{worker}.drained").exists()
            assert not lives(worker)


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    with supervised(tmp_path) as process:
        ready(process)
        before = workers(tmp_path)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers(tmp_path)) == 3)
        assert process.poll() is None
        assert lives(max(before))


def test_a_worker_that_cannot_start_ends_the_whole_with_its_one_message(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with supervised(tmp_path) as process:
        out, err = process.communicate(timeout=20)
        assert out == "1\n"
        assert err == "error: the library is broken\n"


def test_one_that_cannot_start_again_does_not_end_what_serves_but_the_last_one_does(tmp_path: Path) -> None:
    with supervised(tmp_path) as process:
        ready(process)
        (tmp_path / "broken").touch()
        first, last = sorted(workers(tmp_path))
        os.kill(first, signal.SIGKILL)
        time.sleep(1)
        assert process.poll() is None
        assert lives(last)
        os.kill(last, signal.SIGKILL)
        out, _ = process.communicate(timeout=20)
        assert out == "1\n"


def test_a_parent_that_is_killed_leaves_no_line_open(tmp_path: Path) -> None:
    """What a real worker ends by: see test_served_by_several."""
    with supervised(tmp_path) as process:
        ready(process)
        process.kill()
        process.wait()
        until(lambda: not any(lives(worker) for worker in workers(tmp_path)))
