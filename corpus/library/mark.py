"""The last commit that was acknowledged, noted beside the library, so that commits which are gone are missed.

SQLite ends its recovery at the first damaged page of the write-ahead log and says nothing of what came after it; and a
library whose file is gone looks like one that was never made.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.errors import LibraryBroken, LibraryError
from corpus.library.database import Database, translating
from corpus.library.snapshot import Snapshot
from corpus.library.sqlite import schema

FILE_NAME = "library.commit"


@dataclass(frozen=True, slots=True)
class Mark:
    """One commit of one library."""

    library_id: str
    commit: int
    token: str
    database: str | None = None
    """The name of that which acknowledged it; None in a mark of an earlier Byline."""


def mark_of(snapshot: Snapshot, database: Database) -> Mark:
    """The snapshot's commit. Raises LibraryBroken."""
    return Mark(snapshot.library_id, snapshot.commit, snapshot.token, database.name)


def set_mark(home: Path, mark: Mark) -> None:
    """Notes a commit, once it is durable. Not synced: after a power cut an older one misses less.

    Where it cannot be written the commit stands all the same, so the mark goes.
    """
    text = json.dumps(asdict(mark))
    try:
        (home / FILE_NAME).write_text(f"{zlib.crc32(text.encode()):08x} {text}\n")
    except OSError:
        remove_mark(home)


def remove_mark(home: Path) -> None:
    """Lets whatever library is there be taken for the one that is meant."""
    with suppress(OSError):
        (home / FILE_NAME).unlink()


def read_mark(home: Path) -> Mark | None:
    """The mark; None where there is none, or one that is damaged."""
    try:
        checksum, text = (home / FILE_NAME).read_text().strip().split(" ", 1)
        return Mark(**json.loads(text)) if int(checksum, 16) == zlib.crc32(text.encode()) else None
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def making_way(database: Database) -> Iterator[None]:
    """Has no mark stand while another commit is put in the library's place, and then that one's.

    Where that fails the former is back: at worst what is there now is refused, until it is tried again.
    """
    former = read_mark(database.home)
    remove_mark(database.home)
    try:
        yield
    except BaseException:
        if former is not None:
            set_mark(database.home, former)
        raise
    # in place it is, whether that can be told of it or not
    with suppress(LibraryError), translating(database), closing(database.connect(write=False)) as connection:
        database.begin(connection)
        set_mark(database.home, mark_of(Snapshot(database.home, connection, dialect=database.dialect), database))


def check_mark(database: Database, snapshot: Snapshot | None, mark: Mark | None) -> None:
    """Raises LibraryBroken unless the library has the commit that the mark names; None is for no library at all.

    The mark is read before the snapshot begins, so that commits in between are not missed.
    """
    if mark is None:
        return
    if snapshot is None:
        if mark.database in {None, schema.FILE_NAME} and database.address is not None:
            raise LibraryBroken(
                database.home,
                f"{database.name} has no library; `byline migrate postgresql` moves the one of this folder there",
            )
        if mark.database in {None, database.name}:
            lost = "is gone"
        else:
            raise LibraryBroken(
                database.home,
                f"{database.name} has no library: that of this folder is in {mark.database}; set BYLINE_LIBRARY to "
                f"that, or delete {FILE_NAME} to go on without it",
            )
    elif snapshot.library_id == mark.library_id and snapshot.token_of(mark.commit) != mark.token:
        lost = f"lacks changes that were acknowledged, up to commit {mark.commit}: "
        if mark.database not in {None, database.name}:
            # what a backup would be put over is as it was, and the changes are not lost
            raise LibraryBroken(
                database.home,
                f"{database.name} {lost}they went to {mark.database}, where this library was moved to; set "
                f"BYLINE_LIBRARY to that, or delete {FILE_NAME} to go on without them",
            )
        lost += "it, or its log, is damaged or older"
    else:
        return
    raise LibraryBroken(
        database.home,
        f"{database.name} {lost}; `byline restore` puts a backup in its place, and to go on without what was lost, "
        f"delete {FILE_NAME}",
    )
