"""The file of feedback: adding to it and reading it back. It lies beside the library and shares nothing with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.feedback.errors import FeedbackBroken, FeedbackUnavailable
from service.side_file import SideFile

FEEDBACK = SideFile(
    name="feedback.sqlite3",
    table="feedback",
    row="entry",
    columns={"received": "TEXT NOT NULL", "entry": "TEXT NOT NULL"},
    application=0x42594642,
    broken=FeedbackBroken,
    unavailable=FeedbackUnavailable,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one reader said."""

    number: int
    received: datetime
    json: str
    """As it was sent."""


def add_feedback(home: Path, json: str) -> int:
    """Stores an entry, and gives its number once it is on disk. Raises FeedbackBroken or FeedbackUnavailable."""
    # what readers ask is for the service's own user only
    with FEEDBACK.opened(FEEDBACK.of(home), make=True) as database:
        return FEEDBACK.add(database, (datetime.now(UTC).isoformat(timespec="seconds"), json))


def read_feedback(home: Path) -> Iterator[Entry]:
    """All entries, oldest first. Raises FeedbackBroken or FeedbackUnavailable."""
    path = FEEDBACK.of(home)
    if not path.exists():
        return
    with FEEDBACK.opened(path) as database:
        for number, received, json in FEEDBACK.rows(database, path):
            try:
                moment = datetime.fromisoformat(received)
            except ValueError as error:
                raise FeedbackBroken(path, f"the row of entry number {number}: {error}") from error
            yield Entry(number, moment, json)
