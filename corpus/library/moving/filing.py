"""A library as a file of SQLite, from whichever database keeps it, and back: what a backup is."""

from contextlib import closing
from pathlib import Path

from corpus.errors import LibraryMismatch
from corpus.library.choose import place_of
from corpus.library.database import Database, translating
from corpus.library.lock import WRITER, exclusive
from corpus.library.moving.move import OnStep, bring, fill, reading
from corpus.library.moving.rowwise import Side
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import OnProgress, copy_out, empty_log, opened_copy, put_back
from corpus.library.sqlite.database import Sqlite
from corpus.library.sqlite.dialect import SQLITE


def copy_to_file(database: Database, folder: Path, *, on_progress: OnProgress) -> Path:
    """Copies the library, as it stands at one commit, into a new file in an empty folder. Others may write meanwhile.

    Whoever calls it syncs the file. Raises a LibraryError, whose `home` is the folder where it cannot be written.
    """
    file = schema.database(folder)
    if isinstance(database, Sqlite):
        copy_out(database.home, file, on_progress=on_progress)
        return file
    with reading(database) as (snapshot, origin):
        fill(snapshot, origin, Sqlite(folder), discard=file.unlink, on_step=_step(on_progress))
    empty_log(folder)
    return file


def put_file_back(database: Database, file: Path, *, wait_seconds: float, on_progress: OnProgress) -> None:
    """Makes the library what a copy is, which nobody writes to: in one step, so that a crash leaves the former or this.

    Raises LibraryBusy, LibraryUnavailable, or LibraryMismatch for an earlier version's copy, which only a file takes.
    """
    if isinstance(database, Sqlite):
        put_back(database.home, file, wait_seconds=wait_seconds, on_progress=on_progress)
        return
    place, home = place_of(database), database.home
    with (
        exclusive(home, WRITER, wait_seconds=wait_seconds),
        place.locked(wait_seconds=wait_seconds),
        translating(Sqlite(file.parent)),
        closing(opened_copy(file)) as connection,
    ):
        connection.execute("BEGIN")
        if schema.check(file.parent, connection) != schema.VERSION:
            raise LibraryMismatch(
                home,
                "the copy is an earlier Byline's: restore it without BYLINE_LIBRARY, and `byline migrate postgresql` "
                "moves it",
            )
        snapshot = Snapshot(home, connection, dialect=SQLITE)
        bring(snapshot, Side(connection, SQLITE), place, wait_seconds=wait_seconds, on_step=_step(on_progress))


def _step(on_progress: OnProgress) -> OnStep:
    return lambda _what, done, total: on_progress(done, total)
