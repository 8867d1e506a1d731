"""Every error of the feedback.

FeedbackError
├── FeedbackBroken       the file is damaged, another program's or a newer Byline's
├── FeedbackUnavailable  the disk is full, read-only or fails, or another process writes for long
└── EntryUnreadable      an entry is no feedback as this Byline knows it
"""

from pathlib import Path


class FeedbackError(Exception):
    """Base of all errors of the feedback."""


class FeedbackBroken(FeedbackError):
    """The file is damaged, another program's or a newer Byline's."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the feedback in {path} cannot be read: {reason}")


class FeedbackUnavailable(FeedbackError):
    """The disk is full, read-only or fails, or another process writes for long; nothing was stored."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the feedback in {path} cannot be used now: {reason}")


class EntryUnreadable(FeedbackError):
    """An entry is no feedback as this Byline knows it; all others can be read."""

    def __init__(self, entry_id: str, reason: str) -> None:
        self.entry_id = entry_id
        self.reason = f"it cannot be read: {reason}"
        super().__init__(f"{entry_id}: {self.reason}")
