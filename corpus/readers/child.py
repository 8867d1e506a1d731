"""A process that reads files for another one: `python -m corpus.readers.child SOCKET BOUNDS`, the bounds as JSON.

Orders come over the socket, each with an open file, and articles go back; see `wire`. The process ends when the other
one closes the socket, when nothing came for a while, and when it has read or grown so much that a new one is better.
"""

import io
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from corpus.errors import UnreadableArticle
from corpus.readers.choose import reader_for_format
from corpus.readers.confine import Bounds, confine, has_grown, more_time, too_much_memory
from corpus.readers.wire import Done, Order, Progress, order_line, to_order, told_line

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

READY = b"ready\n"
_FILES = 1000
"""Read by one process: what libraries keep for ever stays small, and a start is a thousandth of the work."""
_IDLE_SECONDS = 60.0
_TOLD_BYTES = 16 * 1024 * 1024
"""Of a file, read without an article: the seconds begin anew, as they are for an article and not for a long file."""
_BUFFER_BYTES = 256 * 1024
_LONGEST_ORDER = 256 * 1024


def send_order(to: socket.socket, order: Order, file: int) -> None:
    """Has the process at the other end read an open file. Raises OSError if it is gone."""
    line = order_line(order)
    rest = line[socket.send_fds(to, [line], [file]) :]
    # to send nothing fails as well where the other one has answered already and is gone
    if rest:
        to.sendall(rest)


def main() -> None:
    """The process."""
    number, bounds = int(sys.argv[1]), Bounds(**json.loads(sys.argv[2]))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    with socket.socket(fileno=number) as parent:
        parent.settimeout(_IDLE_SECONDS)
        confine(bounds)
        parent.sendall(READY)
        # libraries print; what went wrong before this is told of by the other process
        os.dup2(0, 1)
        os.dup2(0, 2)
        try:
            for count, (order, file) in enumerate(_orders(parent), 1):
                whole = _read(file, order, parent, bounds)
                leaving = count >= _FILES or not whole or has_grown(bounds)
                parent.sendall(told_line(Done(whole, leaving)))
                if leaving:
                    break
                parent.settimeout(_IDLE_SECONDS)
        except (ConnectionError, TimeoutError):
            pass  # nobody waits any more, or nothing came


def _orders(parent: socket.socket) -> Iterator[tuple[Order, int]]:
    while True:
        line, files, _, _ = socket.recv_fds(parent, _LONGEST_ORDER, 1)
        while line and not line.endswith(b"\n"):
            more = parent.recv(_LONGEST_ORDER)
            line = line + more if more else b""
        if not line:
            return
        # the other process takes what is told when it is ready for it, which may be long
        parent.settimeout(None)
        yield to_order(line), files[0]


def _read(file: int, order: Order, parent: socket.socket, bounds: Bounds) -> bool:
    """Tells of everything that is in the file; whatever goes wrong is an error in its place, and the answer False."""

    def tell(progress: Progress) -> None:
        parent.sendall(told_line(progress))
        more_time(bounds)

    more_time(bounds)
    name = order.source.name
    with io.BufferedReader(_Watched(file, tell), _BUFFER_BYTES) as stream:
        try:
            for item in reader_for_format(order.format_name)(stream, source=order.source):
                tell(Progress(_place(stream), item))
        except MemoryError:
            error = UnreadableArticle(too_much_memory(bounds), source=name)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as caught:  # noqa: BLE001 - whatever a hostile file makes a library do, the others are read
            error = UnreadableArticle(f"it could not be read ({type(caught).__name__})", source=name)
        else:
            return True
        tell(Progress(_place(stream), error))
        return False


class _Watched(io.FileIO):
    """An open file that tells how far it was read while no article is found in it."""

    def __init__(self, file: int, tell: Callable[[Progress], None]) -> None:
        super().__init__(file, "rb")
        self._tell = tell
        self._read = self._told = 0

    def readinto(self, buffer: "Buffer") -> int | None:
        count = super().readinto(buffer)
        self._read += count or 0
        if self._read - self._told >= _TOLD_BYTES:
            self._told = self._read
            self._tell(Progress(self._read if self.seekable() else 0))
        return count


def _place(stream: BinaryIO) -> int:
    return stream.tell() if stream.seekable() else 0


if __name__ == "__main__":
    main()
