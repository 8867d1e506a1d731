"""Moving a whole library into another database: copied beside what is there, compared, and put in place in one step."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

from corpus.errors import LibraryBroken, LibraryMismatch, LibraryUnavailable
from corpus.library.database import WHAT_TO_DO, Database, missing, translating
from corpus.library.dialect import Connection
from corpus.library.lock import WRITER, exclusive
from corpus.library.mark import check_mark, making_way, mark_of, read_mark
from corpus.library.moving.rowwise import COPY_OF, Checksum, Side, checksums, copy_rows, row_count
from corpus.library.snapshot import Snapshot

OnStep = Callable[[str, int, int], None]
"""Told what is being done, and how many rows of how many it is done with."""


class Place(Protocol):
    """A database's library, and the room beside it in which another one is made ready to take its place."""

    @property
    def database(self) -> Database:
        """The library."""
        ...

    @property
    def incoming(self) -> Database:
        """The other one."""
        ...

    def locked(self, *, wait_seconds: float) -> AbstractContextManager[None]:
        """Keeps other machines from writing; this one's lock file is held by the caller. Raises LibraryBusy."""
        ...

    def discard(self) -> None:
        """Removes what is in the room beside. Raises a LibraryError."""
        ...

    def put_in_place(self, *, wait_seconds: float) -> None:
        """Makes what is in the room the library, durably and in one step. Call while it is locked, and without a mark.

        Raises a LibraryError, LibraryBusy where somebody reads the former one for longer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did."""

    commit: int
    checksums: tuple[Checksum, ...]
    """Of each table, the same on both sides."""
    resumed: int
    """Rows that an earlier try had copied."""


def move(source: Place, target: Place, *, wait_seconds: float, on_step: OnStep = lambda *_: None) -> Moved:
    """Makes the target's library what the source's is: every row of every table, ids, tokens and all.

    The source stays as it is. Nobody writes to either meanwhile; the source is read as ever. What is copied is not
    the target's library before all of it was compared. Broken off it is gone on with by the next try, unless the source
    was written to in between: then it begins anew.

    Raises LibraryMismatch where the target has another library, or this one with changes that the source lacks, and
    leaves it alone; LibraryBusy, LibraryMissing, LibraryUnavailable; LibraryBroken where the two differ in the end.
    """
    home = source.database.home
    if source.database.exists():
        source.database.prepare()
    with (
        exclusive(home, WRITER, wait_seconds=wait_seconds),
        source.locked(wait_seconds=wait_seconds),
        target.locked(wait_seconds=wait_seconds),
        translating(target.database),
        reading(source.database) as (snapshot, origin),
    ):
        check_mark(source.database, snapshot, read_mark(home))
        if _is_there(target.database, snapshot):
            # an earlier try came as far as that
            target.discard()
            with reading(target.database) as (_, side):
                return Moved(snapshot.commit, _compared(snapshot, origin, side, on_step), row_count(side))

        def check_unchanged() -> None:
            with reading(source.database) as (now, _):
                if (now.commit, now.token) != (snapshot.commit, snapshot.token):
                    raise LibraryUnavailable(
                        home,
                        f"the lock on {source.database.name} was lost, and it was written to; run this again",
                    )

        return bring(snapshot, origin, target, wait_seconds=wait_seconds, on_step=on_step, check=check_unchanged)


def bring(
    snapshot: Snapshot,
    origin: Side,
    target: Place,
    *,
    wait_seconds: float,
    on_step: OnStep,
    check: Callable[[], None] = lambda: None,
) -> Moved:
    """The same of what is read through a snapshot, whatever the target has; that is locked.

    `check` raises what keeps the copy from being put in place.
    """
    resumed = fill(snapshot, origin, target.incoming, discard=target.discard, on_step=on_step)
    try:
        with reading(target.incoming) as (_, side):
            same = _compared(snapshot, origin, side, on_step)
    except LibraryBroken:
        # it would differ the next time, too
        target.discard()
        raise
    check()
    with making_way(target.database):
        target.put_in_place(wait_seconds=wait_seconds)
    target.discard()
    return Moved(snapshot.commit, same, resumed)


def fill(snapshot: Snapshot, origin: Side, incoming: Database, *, discard: Callable[[], None], on_step: OnStep) -> int:
    """Copies into a database of its own; how many rows were there already, of the same commit."""
    token, resumed = snapshot.token, 0
    if incoming.exists():
        with _connected(incoming) as side:
            resumed = row_count(side) if _is_copy_of(side, token) else 0
        if not resumed:
            discard()
    if not resumed:
        incoming.create()
    with _connected(incoming) as side:
        connection = side.connection
        if not resumed:
            connection.execute("BEGIN")
            connection.execute("DELETE FROM meta")
            connection.execute("DELETE FROM commits")
            connection.execute("INSERT INTO meta VALUES (?, ?)", (COPY_OF, token))
            for key, value in origin.connection.execute("SELECT key, value FROM meta").fetchall():
                connection.execute("INSERT INTO meta VALUES (?, ?)", (key, int(value) if key == "commit" else value))
            connection.execute("COMMIT")
        copy_rows(origin, side, on_rows=_counted("Copying", row_count(origin), on_step))
        for statement in side.dialect.settled:
            connection.execute(statement)
        connection.execute("DELETE FROM meta WHERE key = ?", (COPY_OF,))
    return resumed


@contextmanager
def reading(database: Database) -> Iterator[tuple[Snapshot, Side]]:
    """A library as it stands at one commit, and its rows. Raises LibraryMissing and the like."""
    if not database.exists():
        raise missing(database)
    with translating(database), closing(database.connect(write=False)) as connection:
        side = _unhurried(connection, database)
        database.begin(connection)
        yield Snapshot(database.home, connection, dialect=database.dialect), side


@contextmanager
def _connected(database: Database) -> Iterator[Side]:
    with translating(database), closing(database.connect(write=True)) as connection:
        yield _unhurried(connection, database)


def _unhurried(connection: Connection, database: Database) -> Side:
    for statement in database.dialect.unhurried:
        connection.execute(statement)
    return Side(connection, database.dialect)


def _is_there(target: Database, snapshot: Snapshot) -> bool:
    """Whether the target has this very library as it stands. Raises LibraryMismatch where it must not be replaced."""
    if not target.exists():
        return False
    with reading(target) as (found, _):
        mark = mark_of(found, target)
    if mark.library_id != snapshot.library_id:
        raise LibraryMismatch(
            target.home, f"{target.name} has another library, which is not replaced; move it away first"
        )
    if snapshot.token_of(mark.commit) != mark.token:
        raise LibraryMismatch(
            target.home,
            f"{target.name} has changes of this library that the source lacks, up to commit {mark.commit}, and is not "
            "replaced; migrate the other way, or move it away first",
        )
    return mark.commit == snapshot.commit


def _is_copy_of(side: Side, token: str) -> bool:
    """Whether what is there was copied, as a whole or not yet, of the commit with this token."""
    for query in (
        f"SELECT value FROM meta WHERE key = '{COPY_OF}'",  # noqa: S608 - a constant
        "SELECT token FROM commits ORDER BY number DESC LIMIT 1",
    ):
        row = side.connection.execute(query).fetchone()
        if row is not None:
            return bool(row[0] == token)
    return False


def _compared(snapshot: Snapshot, origin: Side, side: Side, on_step: OnStep) -> tuple[Checksum, ...]:
    """The checksums that both sides have. Raises LibraryBroken."""
    on_rows = _counted("Comparing", 2 * row_count(origin), on_step)
    same = []
    for ours, theirs in zip(checksums(origin, on_rows=on_rows), checksums(side, on_rows=on_rows), strict=True):
        if ours != theirs:
            raise LibraryBroken(
                snapshot.home,
                f"the copy has {theirs.rows} rows of {ours.table} ({theirs.sha256[:12]}), and what was copied "
                f"{ours.rows} ({ours.sha256[:12]}); it was not put in place, and the next try copies all anew",
            )
        same.append(ours)
    copied = Snapshot(snapshot.home, side.connection, dialect=side.dialect)
    if copied.last_passage_id() != snapshot.last_passage_id():
        raise LibraryBroken(
            snapshot.home,
            "the last passages are gone from the library, so its copy would give their ids again and was not put in "
            f"place; {WHAT_TO_DO}",
        )
    return tuple(same)


def _counted(what: str, total: int, on_step: OnStep) -> Callable[[int], None]:
    done = 0

    def on_rows(rows: int) -> None:
        nonlocal done
        done += rows
        on_step(what, done, total)

    return on_rows
