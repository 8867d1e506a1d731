"""Reading by another process: the same articles as in this one, and whatever becomes of it, the next file is read."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import ReadersUnavailable, UnreadableArticle
from corpus.readers.confine import Bounds
from corpus.readers.process import ReaderProcess
from corpus.readers.reading import Item, read_here
from corpus.readers.source import Source

SOURCE = Source("shelf/many.jsonl", "many")
LINES = "".join(f'{{"id": "a{number}", "text": "Ferry {number} sailed."}}\n' for number in range(5))
LONG = f'{{"id": "long", "text": "Text.", "x": [{"[],".join([""] * 3_000_000)}[]]}}\n'
"""A line of 9 MB that takes 200 MB to hold."""
LONG_ONES = "".join(f'{{"id": "a{number}", "text": "{"Text. " * 400_000}"}}\n' for number in range(4))
"""Articles longer than what fits between two processes: one is told of while the one before is taken."""
ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel bounds no memory here")


@pytest.fixture(scope="module")
def reading() -> Iterator[ReaderProcess]:
    with closing(ReaderProcess()) as process:
        yield process


def file_of(folder: Path, content: str | bytes, name: str = "many.jsonl") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def read(reading: ReaderProcess, file: Path, *, format_name: str = "jsonl", source: Source = SOURCE) -> list[Item]:
    with file.open("rb") as stream:
        return [item for item, _ in reading(stream, format_name=format_name, source=source)]


def told(items: list[Item]) -> list[str]:
    return [item.id if isinstance(item, Article) else item.reason for item in items]


def child_of(reading: ReaderProcess) -> int:
    assert reading._child is not None
    return reading._child._process.pid


def test_another_process_reads_what_this_one_would_read(reading: ReaderProcess, tmp_path: Path) -> None:
    last = '{"id": "c", "text": "é 🌊", "published_at": "2024-05-14"}'
    content = f'{LINES}not json\n\n{{"id": "b", "text": "\\ud800"}}\n{last}\n'
    source = replace(SOURCE, name="not \udcff UTF-8")
    file = file_of(tmp_path, content)
    with file.open("rb") as stream:
        here = list(read_here(stream, format_name="jsonl", source=source))
    with file.open("rb") as stream:
        apart = list(reading(stream, format_name="jsonl", source=source))
    assert [vars(item) if isinstance(item, UnreadableArticle) else item for item, _ in apart] == [
        vars(item) if isinstance(item, UnreadableArticle) else item for item, _ in here
    ]
    assert [read for _, read in apart] == [read for _, read in here]
    article, _ = apart[-1]
    assert isinstance(article, Article)
    assert article.published_at == date(2024, 5, 14)


def test_a_stream_that_is_no_file_is_read_too_and_so_is_a_pipe(reading: ReaderProcess) -> None:
    assert told([item for item, _ in reading(io.BytesIO(LINES.encode()), format_name="jsonl", source=SOURCE)]) == [
        f"a{number}" for number in range(5)
    ]
    out, into = os.pipe()
    with os.fdopen(out, "rb") as stream, os.fdopen(into, "wb", buffering=0) as writer:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        for number in range(3):
            writer.write(f'{{"id": "p{number}", "text": "Text."}}\n'.encode())
            # each comes while the writer has not closed it
            assert told([next(items)[0]]) == [f"p{number}"]
        writer.close()
        assert list(items) == []


def test_where_no_process_can_be_started_the_error_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    file = file_of(tmp_path, LINES)
    with closing(ReaderProcess()) as reading:
        with pytest.raises(ReadersUnavailable, match="cannot be started: No such file"):
            read(reading, file)
        monkeypatch.setattr(sys, "executable", "/bin/sh")
        with pytest.raises(ReadersUnavailable, match="cannot be started"):
            read(reading, file)
        monkeypatch.undo()
        assert len(read(reading, file)) == 5


def test_a_format_that_is_none_is_refused_before_anything_starts() -> None:
    with closing(ReaderProcess()) as reading:
        with pytest.raises(ValueError, match="no format 'odt'"):
            list(reading(io.BytesIO(), format_name="odt", source=SOURCE))
        assert reading._child is None


def test_one_process_reads_many_files_and_is_replaced_when_it_was_killed(tmp_path: Path) -> None:
    file = file_of(tmp_path, LINES)
    with closing(ReaderProcess()) as reading:
        assert len(read(reading, file)) == 5
        first = child_of(reading)
        assert len(read(reading, file)) == 5
        assert child_of(reading) == first
        os.kill(first, signal.SIGKILL)
        assert told(read(reading, file)) == [f"a{number}" for number in range(5)]
        assert child_of(reading) != first
        last = child_of(reading)
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_a_file_that_is_left_early_does_not_get_into_the_next(reading: ReaderProcess, tmp_path: Path) -> None:
    file = file_of(tmp_path, LINES)
    with file.open("rb") as stream:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        next(items)
        del items
    assert len(read(reading, file)) == 5


def test_a_process_that_dies_of_an_article_is_told_of_in_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    with closing(ReaderProcess()) as reading, file_of(tmp_path, LONG_ONES).open("rb") as stream:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        assert told([next(items)[0]]) == ["a0"]
        os.kill(child_of(reading), signal.SIGSEGV)
        rest = told([item for item, _ in items])
    assert rest == ["the process that read it crashed (SIGSEGV)", "a2", "a3"]


def test_closing_it_waits_for_nobody_who_left_in_the_midst_of_a_file(tmp_path: Path) -> None:
    reading = ReaderProcess()
    with file_of(tmp_path, LONG_ONES).open("rb") as stream:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        next(items)
        process = child_of(reading)
        reading.close()
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        del items


def test_a_process_that_dies_of_a_pipe_ends_it(reading: ReaderProcess) -> None:
    out, into = os.pipe()
    with os.fdopen(out, "rb") as stream, os.fdopen(into, "wb", buffering=0) as writer:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        writer.write(LINES.encode())
        assert told([next(items)[0] for _ in range(5)]) == [f"a{number}" for number in range(5)]
        os.kill(child_of(reading), signal.SIGKILL)
        assert told([item for item, _ in items]) == ["the process that read it crashed (SIGKILL)"]


@LINUX
def test_an_article_that_takes_too_much_memory_costs_only_itself(tmp_path: Path) -> None:
    file = file_of(tmp_path, LINES + LONG + LINES.replace('"a', '"b'))
    with closing(ReaderProcess(Bounds(memory_mb=128))) as reading:
        items = told(read(reading, file))
        expected = [f"a{n}" for n in range(5)], [f"b{n}" for n in range(5)]
        assert items == [*expected[0], "there is not enough memory to read it", *expected[1]]


def test_an_article_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    with closing(ReaderProcess(Bounds(seconds=1))) as reading, file_of(tmp_path, LONG_ONES).open("rb") as stream:
        items = reading(stream, format_name="jsonl", source=SOURCE)
        assert told([next(items)[0]]) == ["a0"]
        os.kill(child_of(reading), signal.SIGSTOP)
        rest = told([item for item, _ in items])
    assert rest == ["reading it takes longer than 1 seconds", "a2", "a3"]


def alone(code: str) -> int:
    """The status of a process that runs this with small bounds."""
    begin = "from corpus.readers.confine import *; b = Bounds(seconds=1); confine(b); more_time(b)"
    command = [sys.executable, "-c", f"{begin}\n{code}"]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, stderr=subprocess.DEVNULL
    ).returncode


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("while True: pass", -signal.SIGXCPU),
        ("import socket\ntry: socket.create_connection(('127.0.0.1', 1))\nexcept PermissionError: exit(7)", 7),
        ("import subprocess; subprocess.Popen(['true'])", 1),
        ("import os; os.fork()", 1),
        ("import os; os.write(os.open('written', os.O_CREAT | os.O_WRONLY), b'words')", 1),
        ("import re, json, zipfile", 0),
    ],
)
def test_a_confined_process_has_little_time_and_no_way_out(
    code: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert alone(code) == status


def test_several_threads_may_share_it(reading: ReaderProcess, tmp_path: Path) -> None:
    file, found = file_of(tmp_path, LINES), list[list[str]]()
    threads = [threading.Thread(target=lambda: found.append(told(read(reading, file)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[f"a{number}" for number in range(5)]] * 4
