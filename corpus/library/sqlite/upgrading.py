"""Bringing a library of an earlier version up to date: one transaction, which a crash undoes."""

from collections.abc import Callable
from pathlib import Path

from corpus.library.dialect import Connection
from corpus.library.lock import WRITER, exclusive
from corpus.library.rows.checksums import seal
from corpus.library.sqlite import schema

WAIT_SECONDS = 30.0
_CHECKSUMS = (
    "ALTER TABLE articles ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE revisions ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE passages ADD COLUMN vector_checksum INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE passages ADD COLUMN pieces_checksum INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE passages ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
)


def bring_up_to_date(home: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Gives a library of an earlier version this one's tables and checksums; does nothing to one of this version.

    Everything in it is read once, which takes 2.4 s of a processor a GB. Word pieces, which version 1 had none of, are
    made by splitting anew, which the library's identity demands before it is searched. Raises a LibraryError.
    """
    try:
        connection = schema.connect(home, write=False)
        try:
            current = version_of(connection) == schema.VERSION
        finally:
            connection.close()
        if current:
            return
        with exclusive(home, WRITER, wait_seconds=wait_seconds):
            connection = schema.connect(home, write=True)
            try:
                upgrade(connection)
            finally:
                connection.close()
    except schema.SQLITE_ERRORS as error:
        raise schema.translated(home, error) from error


def upgrade(connection: Connection, *, before_commit: Callable[[], object] = lambda: None) -> None:
    """The same for who holds the writer's lock."""
    if version_of(connection) == schema.VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        if version < 2:  # noqa: PLR2004 - the one that brought them
            connection.execute(schema.PIECES)
        if version < 3:  # noqa: PLR2004 - as above
            for statement in _CHECKSUMS:
                connection.execute(statement)
            seal(connection)
        connection.execute(f"PRAGMA user_version = {max(version, schema.VERSION)}")
        before_commit()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version_of(connection: Connection) -> int:
    """The schema's."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
