"""Reading by a process of its own, which a hostile file may fill, stop or crash without harm to this one."""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import IO, BinaryIO

from corpus.errors import ReadersUnavailable, ScratchUnavailable, UnreadableArticle
from corpus.own_process import module_command, module_environment
from corpus.readers import child
from corpus.readers.choose import HOLDING_MANY, reader_for_format
from corpus.readers.confine import Bounds
from corpus.readers.reading import Item
from corpus.readers.source import Source
from corpus.readers.wire import Done, Order, Told, to_told

_START_SECONDS = 60.0
_LEAST_SECONDS = 1e-3
"""No seconds at all would mean not to wait for what is there already."""
_CHUNK_BYTES = 1024 * 1024
_MOST_BREAKS = 20
"""Articles of one file that may each cost the process: a hostile file must not take for ever either."""
_SAID = 2000
"""Characters shown of what a process printed that could not start."""


class ReaderProcess:
    """A Reading that is bounded in memory and time for each article, and survives its own crash.

    The process starts with the first file, is used again for the next, and ends when nothing comes for a minute. One
    file is read at a time: other threads wait. To be closed. Raises ReadersUnavailable if no process can be started.
    """

    def __init__(self, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - frozen
        self._bounds = bounds
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def __call__(self, stream: BinaryIO, *, format_name: str, source: Source) -> Iterator[tuple[Item, int]]:
        """What stands after an article that broke the process is read as well, where a file holds many.

        A stream that is no file is copied to one.
        """
        reader_for_format(format_name)
        with self._lock, _file_of(stream) as file:
            yield from self._items(Order(format_name, source), file)

    def close(self) -> None:
        """Ends the process, whatever it is reading: who takes that may have left it without a word."""
        self._stop()

    def _items(self, order: Order, file: int) -> Iterator[tuple[Item, int]]:
        start, source, breaks = _position(file), order.source, 0
        number, read = source.after, 0
        while True:
            whole = False
            try:
                for told in self._told(replace(order, source=replace(source, after=number)), file, start=start):
                    if isinstance(told, Done):
                        whole = told.whole
                        continue
                    read = max(read, told.read)
                    if told.item is not None:
                        number += 1
                        yield told.item, read
            except _Broken as broken:
                number += 1
                yield UnreadableArticle(str(broken), source=source.name), read
            breaks += 1
            if whole or start is None or order.format_name not in HOLDING_MANY:
                return
            if breaks >= _MOST_BREAKS:
                reason = f"the rest of it is not read, as it broke the process that read it {breaks} times"
                yield UnreadableArticle(reason, source=source.name), read
                return

    def _told(self, order: Order, file: int, *, start: int | None) -> Iterator[Told]:
        """Has the process read the file from its start. Raises _Broken if it dies of it, or takes too long."""
        seconds = None if start is None else self._bounds.seconds
        while True:
            fresh = self._child is None
            if start is not None:
                os.lseek(file, start, os.SEEK_SET)
            child = self._child = self._child or self._started()
            staying = heard = False
            try:
                child.ask(order, file)
                while True:
                    told = to_told(child.line(seconds))
                    heard = True
                    if isinstance(told, Done):
                        staying = not told.leaving
                        yield told
                        return
                    yield told
            except TimeoutError:
                raise _Broken(f"reading it takes longer than {self._bounds.seconds} seconds") from None
            except (EOFError, OSError, ValueError) as error:
                if fresh or heard or start is None:
                    raise _Broken(child.last_words(self._bounds)) from error
                # it may have ended for want of work, or of what former files left behind: a new one is to judge
            finally:
                if not staying:
                    self._stop()

    def _started(self) -> "_Child":
        try:
            return _Child(self._bounds)
        except OSError as error:
            raise ReadersUnavailable(error.strerror or str(error)) from error

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Broken(Exception):
    """The process did not get to the end of an article; the message says why."""


class _Child:
    """The other process and what it says. Raises ReadersUnavailable if it does not start."""

    def __init__(self, bounds: Bounds) -> None:
        self._socket, theirs = socket.socketpair()
        self._held = bytearray()
        arguments = str(theirs.fileno()), json.dumps(asdict(bounds))
        with contextlib.ExitStack() as failing, theirs, tempfile.TemporaryFile() as said:
            failing.callback(self._socket.close)
            # in a session of its own: a Ctrl-C is for the process that waits for it
            self._process = subprocess.Popen(  # noqa: S603 - a module of this program
                module_command(child.__name__, *arguments), env=module_environment(), pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
            )  # fmt: skip
            failing.pop_all()
            theirs.close()
            try:
                if self.line(_START_SECONDS) == child.READY:
                    return
            except (EOFError, OSError) as error:
                said.seek(0)
                reason = said.read().decode(errors="replace").strip()[-_SAID:] or repr(error)
            else:
                reason = "it says what it should not"
        self.end()
        raise ReadersUnavailable(reason)

    def ask(self, order: Order, file: int) -> None:
        """Has it read an open file."""
        self._socket.settimeout(None)
        child.send_order(self._socket, order, file)

    def line(self, seconds: float | None) -> bytes:
        """What it says next. Raises TimeoutError if it says nothing for so long, EOFError if it is gone."""
        until = None if seconds is None else time.monotonic() + seconds
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            self._socket.settimeout(None if until is None else max(until - time.monotonic(), _LEAST_SECONDS))
            more = self._socket.recv(_CHUNK_BYTES)
            if not more:
                raise EOFError
            self._held += more
        line = bytes(memoryview(self._held)[: end + 1])
        del self._held[: end + 1]
        return line

    def last_words(self, bounds: Bounds) -> str:
        """Why it is gone."""
        self._socket.close()
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "the process that read it fell silent"
        if status == -signal.SIGXCPU:
            return f"reading it takes longer than {bounds.seconds} seconds"
        if status < 0:
            return f"the process that read it crashed ({signal.Signals(-status).name})"
        return f"the process that read it ended (status {status})"

    def end(self) -> None:
        """Ends it, if it has not ended by itself."""
        self._process.kill()
        self._process.wait()
        self._socket.close()


@contextlib.contextmanager
def _file_of(stream: BinaryIO) -> Iterator[int]:
    """The number of an open file with what is in the stream."""
    try:
        number = stream.fileno()
    except (io.UnsupportedOperation, AttributeError):
        with _copied(stream) as copy:
            yield copy.fileno()
    else:
        yield number


def _copied(stream: BinaryIO) -> IO[bytes]:
    try:
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - who takes it closes it
        shutil.copyfileobj(stream, copy)
        copy.flush()
        copy.seek(0)
    except OSError as error:
        raise ScratchUnavailable(error.strerror or str(error)) from error
    return copy


def _position(file: int) -> int | None:
    """Where the file stands; None for what cannot go back, such as a pipe, whose writer may take its time."""
    try:
        return os.lseek(file, 0, os.SEEK_CUR)
    except OSError:
        return None
