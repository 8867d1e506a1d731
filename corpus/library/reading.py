"""Opening the library for reading: consistent snapshots that any number of threads and processes may hold."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.library import schema
from corpus.library.mark import check_mark, read_mark
from corpus.library.migrating import bring_up_to_date
from corpus.library.snapshot import Snapshot
from corpus.library.verified import Verified


class Library:
    """Opens snapshots of the library in `home`, with as many connections as snapshots are held at a time.

    One that an earlier version made is brought up to date first, once. Raises LibraryMissing, LibraryBroken,
    LibraryUnavailable or LibraryMismatch, also from snapshot().
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._lock = threading.Lock()
        self._verified = Verified()
        mark = read_mark(home)
        if not schema.exists(home):
            check_mark(home, None, mark)
        bring_up_to_date(home)
        with self.snapshot() as snapshot:
            check_mark(home, snapshot, mark)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A consistent view; it ends with the block."""
        try:
            connection = self._taken()
            try:
                connection.execute("BEGIN")
                yield Snapshot(self.home, connection, self._verified)
            finally:
                self._put_back(connection)
        except schema.SQLITE_ERRORS as error:
            raise schema.translated(self.home, error) from error

    def close(self) -> None:
        """Closes the connections; one that is still in use is closed when its snapshot ends."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    def _taken(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return schema.connect(self.home, write=False)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
