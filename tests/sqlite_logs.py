"""SQLite that leaves its log behind when a connection is closed, as it does, untold, where the disk then fails."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest


@contextmanager
def left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While the block runs: each file that is closed has another reader, which keeps SQLite from emptying its log.

    All of SQLite's connections are meant, also those of libraries, hence the patch. The readers go with the block, and
    what they held up may then be done: look at what matters inside it.
    """
    connect = sqlite3.connect
    with ExitStack() as readers, monkeypatch.context() as patch:

        class Leaving(sqlite3.Connection):
            def close(self) -> None:
                _, _, file = self.execute("PRAGMA database_list").fetchone()
                reader = readers.enter_context(closing(connect(file, check_same_thread=False)))
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                super().close()

        patch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, factory=Leaving, **named))
        yield
