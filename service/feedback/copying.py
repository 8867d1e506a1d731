"""A copy of the feedback, and its way back."""

import sqlite3
from contextlib import closing
from pathlib import Path

from corpus.durable import sync
from corpus.library.sqlite.copying import opened_copy
from service.feedback.errors import FeedbackBroken
from service.feedback.store import FEEDBACK
from service.side_file import connect, files_beside, made_aside


def copy_feedback(home: Path, folder: Path) -> int | None:
    """Copies a home's feedback into a folder, as one commit has it; the number of entries, None where there are none.

    Raises FeedbackBroken or FeedbackUnavailable.
    """
    file = FEEDBACK.of(home)
    if not file.exists():
        return None
    with FEEDBACK.translated(file), closing(connect(file)) as source:
        if not FEEDBACK.is_made(source, file):
            return None
        _copy(source, FEEDBACK.of(folder))
    return count_feedback(folder)


def count_feedback(folder: Path) -> int:
    """The entries in a copy that nobody writes to, after it was found sound. Raises FeedbackBroken."""
    file = FEEDBACK.of(folder)
    with FEEDBACK.translated(file), closing(opened_copy(file)) as copy:
        found = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"] or not FEEDBACK.is_made(copy, file):
            raise FeedbackBroken(file, found[0])
        count: int = copy.execute("SELECT count(*) FROM feedback").fetchone()[0]
    return count


def put_feedback_back(folder: Path, home: Path) -> None:
    """Makes a home's feedback what the copy is, in one step; a file that SQLite cannot use makes way for it.

    Raises FeedbackUnavailable; then what was there is there.
    """
    file = FEEDBACK.of(home)
    with FEEDBACK.translated(file), closing(opened_copy(FEEDBACK.of(folder))) as source:
        if not file.exists() or not _written_over(source, file):
            _copy(source, file)


def _written_over(source: sqlite3.Connection, file: Path) -> bool:
    """Whether it could be done inside the file, as one commit, which every process that has it open notices."""
    try:
        with closing(connect(file)) as target:
            source.backup(target)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    return True


def _copy(source: sqlite3.Connection, file: Path) -> None:
    """As a new file, which takes the place of one that is there."""
    with made_aside(file) as new:
        # without a log, which is not a part of a file that is copied or renamed
        with closing(connect(new)) as target:
            source.backup(target)
        # a log of the former file would be taken for this one's
        for former in files_beside(file):
            former.unlink(missing_ok=True)
        new.replace(file)
        sync(file.parent)
