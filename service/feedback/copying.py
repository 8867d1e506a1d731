"""A copy of the feedback, and its way back."""

import sqlite3
from contextlib import closing
from pathlib import Path

from corpus.library.sqlite.copying import opened_copy
from service.feedback.errors import FeedbackBroken
from service.feedback.store import FEEDBACK
from service.side_file import connect, settle


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
    """Makes a home's feedback what the copy is, as one commit; a file that is damaged makes way for it.

    Raises FeedbackUnavailable.
    """
    file = FEEDBACK.of(home)
    with FEEDBACK.translated(file), closing(opened_copy(FEEDBACK.of(folder))) as source:
        try:
            _copy(source, file)
        except FeedbackBroken:
            for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
                file.with_name(name).unlink(missing_ok=True)
            _copy(source, file)


def _copy(source: sqlite3.Connection, file: Path) -> None:
    with FEEDBACK.opened(file, make=True) as target:
        source.backup(target)
        # a copy is looked at without its log
        settle(target)
