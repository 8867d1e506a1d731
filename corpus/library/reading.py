"""Opening the library for reading: consistent snapshots that any number of threads and processes may hold."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import LibraryBroken, LibraryMissing
from corpus.library.database import Database, missing, translating
from corpus.library.dialect import Connection
from corpus.library.mark import Mark, check_mark, read_mark
from corpus.library.rows.verified import Verified
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite.database import as_database

_IDLE_SECONDS = 10.0
"""As long as a connection is kept for the next reader; looked at whenever one has read."""


class Library:
    """Opens snapshots of a library, with as many connections as snapshots are held at a time.

    A folder stands for the SQLite library in it. One that an earlier version made is brought up to date first, once.
    Raises LibraryMissing, LibraryBroken, LibraryUnavailable or LibraryMismatch, also from snapshot().
    """

    def __init__(self, where: Path | Database) -> None:
        self.database = as_database(where)
        self.home = self.database.home
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False
        self._lock = threading.Lock()
        self._verified = Verified()
        mark = read_mark(self.home)
        if not self.database.exists():
            check_mark(self.database, None, mark)
            raise missing(self.database)
        self.database.prepare()
        with self.snapshot():
            pass

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A consistent view; it ends with the block."""
        with translating(self.database):
            connection = self._begun()
            try:
                yield Snapshot(self.home, connection, self._verified, dialect=self.database.dialect)
            except self.database.errors:
                # a server's connection may go on failing, by what it remembers of a table that is another since
                connection.close()
                raise
            except BaseException:
                self._put_back(connection)
                raise
            self._put_back(connection)

    def close(self) -> None:
        """Closes the connections; one that is still in use is closed when its snapshot ends."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop()[0].close()

    def _begun(self) -> Connection:
        """A connection with a transaction."""
        while (idle := self._taken()) is not None:
            try:
                self.database.begin(idle)
            except self.database.errors:
                # a server that was restarted ends what was idle; whether it is there now, a new connection tells
                idle.close()
            else:
                return idle
        while True:
            mark = read_mark(self.home)
            try:
                return self._new(mark)
            except (LibraryBroken, LibraryMissing):
                # what is there may have been replaced since, mark and all
                if read_mark(self.home) == mark:
                    raise

    def _new(self, mark: Mark | None) -> Connection:
        """A new one. Its server may be another than that of the former ones, which lacks what was acknowledged."""
        try:
            connection = self.database.connect(write=False)
        except LibraryMissing:
            check_mark(self.database, None, mark)
            raise
        try:
            self.database.begin(connection)
            if mark is not None:
                check_mark(self.database, Snapshot(self.home, connection, dialect=self.database.dialect), mark)
        except BaseException:
            connection.close()
            raise
        return connection

    def _taken(self) -> Connection | None:
        with self._lock:
            return self._idle.pop()[0] if self._idle else None

    def _put_back(self, connection: Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except self.database.errors:
            # it is of no more use, and what its snapshot met is told already
            connection.close()
            return
        with self._lock:
            kept = not self._closed
            if kept:
                self._idle.append((connection, time.monotonic()))
            unused = self._unused()
        for each in unused if kept else (*unused, connection):
            each.close()

    def _unused(self) -> list[Connection]:
        """Those that nobody has needed for a while, taken out: a server has few, and others want them, too."""
        before = time.monotonic() - _IDLE_SECONDS
        # the last one put back is the first one taken
        count = sum(since < before for _, since in self._idle)
        unused = [connection for connection, _ in self._idle[:count]]
        del self._idle[:count]
        return unused
