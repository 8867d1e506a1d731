"""The database: its tables, how a connection is set up, and what its errors mean."""

import sqlite3
from pathlib import Path

from corpus.errors import LibraryBroken, LibraryError, LibraryMismatch, LibraryMissing, LibraryUnavailable
from corpus.library.database import WHAT_TO_DO
from corpus.library.folder import check_home, read_only
from corpus.library.rows.checksums import RowDamaged

FILE_NAME = "library.sqlite3"
APPLICATION_ID = 0x42794C6E
"""Written into the file's header, so that another program's database is never taken for a library."""
VERSION = 3
"""1 had no word pieces, 2 no checksums. CONTRIBUTING.md says what else a change of the tables touches."""

SQLITE_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError, RowDamaged)
"""What reading and writing meet; the second is SQLite's for a message that quotes a damaged schema."""

_TABLES = """
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- a number alone is given twice when a backup is restored; the token tells the two histories apart
CREATE TABLE commits (
    number INTEGER PRIMARY KEY,
    token  TEXT NOT NULL
) STRICT;

-- text stands last: SQLite reads a row from the front, and listings want everything but the text; what is a checksum
-- is one of the columns before it
CREATE TABLE revisions (
    revision_id           INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id            TEXT    NOT NULL,
    sha256                TEXT    NOT NULL,
    title                 TEXT    NOT NULL,
    publisher             TEXT,
    published_at          TEXT,
    published_at_inferred INTEGER NOT NULL,
    author                TEXT,
    url                   TEXT,
    origin                TEXT,
    skipped               TEXT    NOT NULL,
    checksum              INTEGER NOT NULL,
    text                  TEXT    NOT NULL,
    UNIQUE (article_id, sha256)
) STRICT;
CREATE INDEX revisions_published ON revisions (published_at);
CREATE INDEX revisions_publisher ON revisions (publisher);

-- which revision of an article is current
CREATE TABLE articles (
    article_id  TEXT    PRIMARY KEY,
    revision_id INTEGER NOT NULL REFERENCES revisions,
    checksum    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- retired_in is the commit that took a passage out of search; rows stay, so that old citations can be checked. The
-- checksums of what is stored for it stand here: the row is small, so that an earlier version's library gets them soon
CREATE TABLE passages (
    passage_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    revision_id     INTEGER NOT NULL REFERENCES revisions,
    start           INTEGER NOT NULL,
    "end"           INTEGER NOT NULL,
    retired_in      INTEGER,
    vector_checksum INTEGER NOT NULL,
    pieces_checksum INTEGER NOT NULL,
    checksum        INTEGER NOT NULL,
    CHECK (0 <= start AND start < "end")
) STRICT;
CREATE INDEX passages_revision ON passages (revision_id);
CREATE INDEX passages_retired ON passages (retired_in) WHERE retired_in IS NOT NULL;

CREATE TABLE vectors (
    passage_id INTEGER NOT NULL REFERENCES passages,
    encoder    TEXT    NOT NULL,
    vector     BLOB    NOT NULL,
    PRIMARY KEY (passage_id, encoder)
) STRICT, WITHOUT ROWID;
"""
PIECES = """
-- the word pieces of a searchable passage, apart from the vectors, which are read all at once
CREATE TABLE pieces (
    passage_id INTEGER PRIMARY KEY REFERENCES passages,
    places     BLOB NOT NULL,
    codes      BLOB NOT NULL
) STRICT;
"""


def database(home: Path) -> Path:
    """The library's file inside its home folder."""
    return home / FILE_NAME


def create(home: Path) -> None:
    """Makes the folder and an empty database in it. Call with the writer's lock held and no database there."""
    try:
        connection = _connect(database(home), mode="rwc")
    except SQLITE_ERRORS as error:
        raise translated(home, error) from error
    try:
        # kept in the file: readers go on while one process writes
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN EXCLUSIVE; {_TABLES} {PIECES} INSERT INTO meta VALUES ('commit', 0);"  # noqa: S608 - constants only
            "INSERT INTO meta VALUES ('library_id', lower(hex(randomblob(16))));"
            "INSERT INTO commits VALUES (0, lower(hex(randomblob(8))));"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
        )
    except SQLITE_ERRORS as error:
        raise translated(home, error) from error
    finally:
        connection.close()


def exists(home: Path) -> bool:
    """Whether there is a database with tables in it; a file that creation did not finish counts as none."""
    file = database(home)
    try:
        check_home(home)
        if not file.is_file() or file.stat().st_size == 0:
            return False
    except OSError as error:
        raise LibraryUnavailable(home, f"cannot look at {FILE_NAME}: {error.strerror}") from error
    try:
        connection = _connect(file, mode="rw")
        try:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        finally:
            connection.close()
    except SQLITE_ERRORS as error:
        raise translated(home, error) from error
    return version > 0 or tables > 0


def connect(home: Path, *, write: bool) -> sqlite3.Connection:
    """A connection in autocommit mode, checked to be a library of this version.

    Raises LibraryMissing, LibraryBroken (damaged or another program's file) or LibraryMismatch (a newer version's).
    """
    if not exists(home):
        raise LibraryMissing(home)
    try:
        connection = _connect(database(home), mode="rw")
    except SQLITE_ERRORS as error:
        raise translated(home, error) from error
    try:
        check(home, connection)
        connection.execute(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
    except SQLITE_ERRORS as error:
        connection.close()
        raise translated(home, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def check(home: Path, connection: sqlite3.Connection) -> int:
    """The schema's version. Raises LibraryBroken for another program's file, LibraryMismatch for a newer version's."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise LibraryBroken(home, f"{FILE_NAME} is not a Byline library; move it away, or name another folder")
    if version > VERSION:
        raise LibraryMismatch(
            home, f"made by a newer Byline (schema {version}, this one reads up to {VERSION}); update this one"
        )
    return version


def translated(home: Path, error: Exception) -> LibraryError:
    """SQLite's error as ours: DatabaseError itself is a damaged file, its subclasses are states of the machine."""
    if isinstance(error, RowDamaged):
        return LibraryBroken(home, f"{FILE_NAME} is damaged: {error}; {WHAT_TO_DO}")
    # text that is no UTF-8 is no state of the machine either
    if type(error) in SQLITE_ERRORS or str(error).startswith("Could not decode"):
        return LibraryBroken(home, f"{FILE_NAME} is damaged: {error}; {WHAT_TO_DO}")
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
        unwritable = read_only(home, database(home))
        if unwritable is not None:
            return unwritable
    return LibraryUnavailable(home, f"SQLite cannot use {FILE_NAME}: {error}")


def _connect(file: Path, *, mode: str) -> sqlite3.Connection:
    # check_same_thread: connections are handed to one thread at a time, and closed by whichever thread shuts down
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=30
    )
    # FULL: a commit returns after the write-ahead log has reached the disk, which is what an acknowledgement means
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # a corrupt or hostile database file must not be able to run functions through its schema
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
