"""A copy of the library at one commit, taken beside whoever writes, and put back in its place in one step."""

import fcntl
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from corpus.article import revision_name
from corpus.durable import sync
from corpus.errors import LibraryBroken, LibraryError, LibraryMismatch, LibraryUnavailable
from corpus.library.lock import WRITER, exclusive
from corpus.library.mark import making_way
from corpus.library.records import Counts
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite import schema
from corpus.library.sqlite.database import Sqlite
from corpus.library.sqlite.dialect import SQLITE
from corpus.library.sqlite.upgrading import upgrade

OnProgress = Callable[[int, int], None]
"""Told how much of how much is done; the unit is the teller's own."""

_PAGES = 2048
"""Copied at a time: 8 MB, after which progress is told."""
_INCOMING = "library.sqlite3.incoming"
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""Bytes of the file that every connection to a database with a write-ahead log holds locked while it is open."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds, after all of it was read and found sound."""

    version: int
    """Of the schema."""
    library_id: str
    commit: int
    token: str
    counts: Counts


def copy_out(home: Path, file: Path, *, on_progress: OnProgress = lambda _done, _total: None) -> None:
    """Copies the library into a new file, as it stands at one commit. Others may write meanwhile.

    Costs a few megabytes of memory whatever the size; the write-ahead log grows by what is written meanwhile. Whoever
    calls it syncs the file. Raises a LibraryError; LibraryUnavailable where the copy cannot be written.
    """
    source = schema.connect(home, write=False)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as target:
            # a copy that is broken off is thrown away, and a whole one is synced by its maker
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("PRAGMA synchronous = OFF")
            # the snapshot is held for all steps, or each commit of another process would begin the copy anew
            source.execute("BEGIN")
            source.execute("SELECT value FROM meta").fetchone()
            source.backup(target, pages=_PAGES, progress=_told(on_progress), sleep=0)
    except sqlite3.OperationalError as error:
        raise LibraryUnavailable(file.parent, f"cannot copy the library here: {error}") from error
    except schema.SQLITE_ERRORS as error:
        raise schema.translated(home, error) from error
    finally:
        source.close()


def empty_log(home: Path) -> None:
    """Moves what was committed into the library's file, which is copied and looked at without its log.

    Closing does so as well, and tells of no error. Waits 30 s at most for who is reading. Raises LibraryUnavailable,
    also where the wait was in vain, or what opening raises.
    """
    try:
        with closing(schema.connect(home, write=True)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except schema.SQLITE_ERRORS as error:
        raise schema.translated(home, error) from error
    if busy:
        raise LibraryUnavailable(home, "another process has it open")


def contents_of(file: Path) -> Contents:
    """Reads all of a copy that nobody writes to: SQLite's own checks, and the SHA-256 of every revision's text.

    Raises LibraryBroken, naming what is wrong, LibraryMismatch for a newer Byline's, or LibraryUnavailable.
    """
    folder = file.parent
    try:
        with closing(opened_copy(file)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            version = schema.check(folder, database)
            snapshot = Snapshot(folder, database, dialect=SQLITE)
            for damage in snapshot.damage():
                raise LibraryBroken(folder, f"{file.name} is damaged: {damage}")
            for article_id, sha256, text in database.execute("SELECT article_id, sha256, text FROM revisions"):
                if revision_name(text) != sha256:
                    raise LibraryBroken(folder, f"{file.name} is damaged: {article_id} is not its revision {sha256}")
            # an earlier version's has no checksums of rows
            for damage in snapshot.damaged_rows() if version == schema.VERSION else ():
                raise LibraryBroken(folder, f"{file.name} is damaged: {damage}")
            return Contents(version, snapshot.library_id, snapshot.commit, snapshot.token, snapshot.counts())
    except schema.SQLITE_ERRORS as error:
        raise schema.translated(folder, error) from error


def put_back(
    home: Path, file: Path, *, wait_seconds: float, on_progress: OnProgress = lambda _done, _total: None
) -> None:
    """Makes the library in `home` what the copy is: in one step, so that a crash leaves the former one or this.

    A library that is there is written over inside its file, as one commit, which every process that has it open
    notices. Where there is none, or one that SQLite cannot open, the copy is put there as a new file. What is in the
    copy is not looked at.

    Raises LibraryBusy while another process writes, and LibraryUnavailable where it cannot be written, or while a
    process has the unreadable library open.
    """
    with exclusive(home, WRITER, wait_seconds=wait_seconds), making_way(Sqlite(home)):
        put_over(home, file, on_progress=on_progress)


def put_over(home: Path, file: Path, *, on_progress: OnProgress = lambda _done, _total: None) -> None:
    """The same for who holds the writer's lock, and has no mark stand meanwhile."""
    try:
        target = schema.connect(home, write=True)
    except (LibraryUnavailable, LibraryMismatch):
        raise
    except LibraryError:
        _put_in_place(home, file, on_progress)
        return
    try:
        with closing(opened_copy(file)) as source:
            source.backup(target, pages=_PAGES, progress=_told(on_progress), sleep=0)
        upgrade(target)
        # else the log stays as large as the library; readers may prevent it
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except schema.SQLITE_ERRORS as error:
        raise LibraryUnavailable(home, f"cannot write the library: {error}") from error
    finally:
        target.close()


def _put_in_place(home: Path, file: Path, on_progress: OnProgress) -> None:
    database, incoming = schema.database(home), home / _INCOMING
    try:
        if database.exists():
            _check_unused(home, database)
        incoming.unlink(missing_ok=True)
        with closing(opened_copy(file)) as source, closing(sqlite3.connect(incoming, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target, pages=_PAGES, progress=_told(on_progress), sleep=0)
        # a log of the former file would be taken for this one's
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        incoming.replace(database)
        sync(home)
    except (OSError, *schema.SQLITE_ERRORS) as error:
        raise LibraryUnavailable(home, f"cannot put the library here: {error}") from error
    finally:
        incoming.unlink(missing_ok=True)


def _check_unused(home: Path, database: Path) -> None:
    """Raises LibraryUnavailable while a process has it open: it would go on with a file that is no longer there."""
    with database.open("r+b") as handle:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except BlockingIOError:
            reason = "a process has the damaged library open and would go on with it; stop the service first"
            raise LibraryUnavailable(home, reason) from None


def opened_copy(file: Path) -> sqlite3.Connection:
    """A connection to a copy that nobody writes to."""
    # immutable: no files are made beside it, so that it may lie on a disk that is read-only
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _told(on_progress: OnProgress) -> Callable[[int, int, int], None]:
    def tell(_status: int, remaining: int, total: int) -> None:
        on_progress(total - remaining, total)

    return tell
