"""Every error of backups.

BackupError
├── BackupExists       something lies where the backup or the library is to go, and nobody said to replace it
├── BackupBroken       a folder is no backup, is damaged, or was made by a newer Byline
└── BackupUnavailable  a backup cannot be written or read: the disk is full, read-only or fails
"""

from pathlib import Path


class BackupError(Exception):
    """Base of all errors of backups."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder}: {reason}")


class BackupExists(BackupError):
    """What is there is not written over unless that is asked for."""


class BackupBroken(BackupError):
    """The folder cannot be restored from. Nothing was touched."""

    def __str__(self) -> str:
        return f"{super().__str__()}; nothing was restored"


class BackupUnavailable(BackupError):
    """The backup cannot be written or read. One that was begun is gone."""
