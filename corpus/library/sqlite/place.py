"""The room beside a library's file, and how what was made ready there becomes the library."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import LibraryUnavailable
from corpus.library.database import Database
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import empty_log, put_over
from corpus.library.sqlite.database import Sqlite

_BESIDE = "incoming"


class SqlitePlace:
    """As `moving` needs it."""

    def __init__(self, home: Path) -> None:
        self.database: Database = Sqlite(home)
        self.incoming: Database = Sqlite(home / _BESIDE)

    @contextmanager
    def locked(self, *, wait_seconds: float) -> Iterator[None]:  # noqa: ARG002 - the lock file is held
        """The lock file is all there is."""
        yield

    def discard(self) -> None:
        """Removes the folder."""
        try:
            shutil.rmtree(self.incoming.home)
        except FileNotFoundError:
            return
        except OSError as error:
            raise LibraryUnavailable(self.incoming.home, f"cannot remove it: {error.strerror}") from error

    def put_in_place(self, *, wait_seconds: float) -> None:  # noqa: ARG002 - as above
        """Writes it over the library that is there, as one commit; where there is none, it gets the file's name."""
        empty_log(self.incoming.home)
        put_over(self.database.home, schema.database(self.incoming.home))
