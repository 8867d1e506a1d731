"""The writer's lock between processes: one holder at a time, named to those who wait, and never left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryBusy
from corpus.library.lock import WRITER, exclusive
from corpus.library.reading import Library
from corpus.library.records import PutResult
from corpus.library.writing import writing
from tests.corpus.test_library_samples import incoming, new_library, put

_HOLD = """
import sys
from pathlib import Path
from corpus.library.lock import WRITER, exclusive
with exclusive(Path(sys.argv[1]), WRITER, wait_seconds=5):
    print("held", flush=True)
    sys.stdin.readline()
"""

_WRITE = """
import sys
from pathlib import Path
from corpus.article import Article
from corpus.library.writing import writing
from tests.corpus.test_library_samples import incoming, put
home = Path(sys.argv[1])
put(home, Article(id="acknowledged", text="It was told to be kept.", title="t"))
with writing(home, wait_seconds=5) as writer:
    for number in range(200):
        writer.put(incoming(Article(id=f"lost-{number}", text="Not told yet. " * 50, title="t")))
    print("in the middle", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def running(script: str, home: Path, *, until: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has come as far as printing `until`; it goes on when its input ends."""
    command = [sys.executable, "-c", script, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == until
            yield process
        finally:
            process.kill()


def try_to_hold(folder: Path, *, wait_seconds: float = 0) -> None:
    with exclusive(folder, WRITER, wait_seconds=wait_seconds):
        pass


def test_a_second_process_is_told_the_first_ones_process_number(tmp_path: Path) -> None:
    with running(_HOLD, tmp_path, until="held") as process:
        with pytest.raises(LibraryBusy) as caught:
            try_to_hold(tmp_path)
        assert f"(process {process.pid})" in caught.value.owner
        assert caught.value.owner in str(caught.value)
        assert caught.value.home == tmp_path


def test_a_busy_library_can_be_read_but_not_written(tmp_path: Path) -> None:
    home = new_library(tmp_path)
    put(home, Article(id="a", text="Readable.", title="t"))
    with running(_HOLD, home, until="held") as process:
        with pytest.raises(LibraryBusy, match=str(process.pid)), writing(home, wait_seconds=0.05):
            pass
        with Library(home).snapshot() as snapshot:
            assert [summary.id for summary in snapshot.summaries()] == ["a"]


def test_a_waiting_process_gets_the_lock_as_soon_as_the_first_lets_go(tmp_path: Path) -> None:
    with running(_HOLD, tmp_path, until="held") as process:
        assert process.stdin is not None
        threading.Timer(0.2, process.stdin.close).start()
        began = time.monotonic()
        try_to_hold(tmp_path, wait_seconds=30)
        assert 0.1 < time.monotonic() - began < 10


def test_waiting_ends_after_the_time_asked_for(tmp_path: Path) -> None:
    with running(_HOLD, tmp_path, until="held"):
        began = time.monotonic()
        with pytest.raises(LibraryBusy):
            try_to_hold(tmp_path, wait_seconds=0.2)
        assert 0.2 <= time.monotonic() - began < 5


def test_kill_minus_nine_frees_the_lock(tmp_path: Path) -> None:
    with running(_HOLD, tmp_path, until="held") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        try_to_hold(tmp_path)


def test_a_writer_killed_in_the_middle_leaves_what_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    home = new_library(tmp_path)
    with running(_WRITE, home, until="in the middle") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert put(home, Article(id="after", text="The next writer.", title="t")) == [PutResult.CREATED]
        with Library(home).snapshot() as snapshot:
            assert [summary.id for summary in snapshot.summaries()] == ["acknowledged", "after"]
            assert snapshot.counts().passages == 9
            assert snapshot.commit == 2
            assert snapshot.damage() == []


def test_threads_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with exclusive(tmp_path, WRITER, wait_seconds=0), pytest.raises(LibraryBusy, match=f"process {os.getpid()}"):
        try_to_hold(tmp_path)
    try_to_hold(tmp_path)


def test_two_names_are_two_locks_and_the_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    with exclusive(folder, "one.lock", wait_seconds=0), exclusive(folder, "two.lock", wait_seconds=0):
        assert sorted(file.name for file in folder.iterdir()) == ["one.lock", "two.lock"]


def test_an_error_inside_lets_the_lock_go(tmp_path: Path) -> None:
    def broken_off() -> None:
        with exclusive(tmp_path, WRITER, wait_seconds=0):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    try_to_hold(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"pid": 1}'])
def test_a_lock_file_that_does_not_name_its_owner_is_no_obstacle(tmp_path: Path, content: str) -> None:
    (tmp_path / WRITER).write_text(content)
    try_to_hold(tmp_path)
    with exclusive(tmp_path, WRITER, wait_seconds=0):
        (tmp_path / WRITER).write_text(content)
        with pytest.raises(LibraryBusy, match="not named itself"):
            try_to_hold(tmp_path)


def test_writers_in_many_threads_all_get_their_turn(tmp_path: Path) -> None:
    home = new_library(tmp_path)
    results: list[PutResult] = []

    def write(number: int) -> None:
        with writing(home, wait_seconds=30) as writer:
            results.append(writer.put(incoming(Article(id=f"a{number}", text="Some words.", title="t"))))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [PutResult.CREATED] * 6
    with Library(home).snapshot() as snapshot:
        assert snapshot.commit == 6
        assert snapshot.counts().articles == 6
