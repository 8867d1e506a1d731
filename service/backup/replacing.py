"""A backup takes the place of a former one, which has another name in between: a crash there leaves it under that."""

import shutil
from pathlib import Path

from corpus.durable import sync
from service.backup.errors import BackupUnavailable
from service.backup.manifest import MANIFEST


def put_in_place(made: Path, folder: Path) -> None:
    """Gives a folder with a whole backup its name. Raises OSError; then this one or the former has it."""
    former = _former(folder)
    if (folder / MANIFEST).is_file():
        shutil.rmtree(former, ignore_errors=True)
        folder.rename(former)
    try:
        made.rename(folder)
    except OSError:
        bring_back(folder)
        raise
    sync(folder.parent)
    shutil.rmtree(former, ignore_errors=True)


def bring_back(folder: Path) -> None:
    """Gives the former one its name again where nothing else got it. Raises BackupUnavailable."""
    former = _former(folder)
    if folder.exists() or not (former / MANIFEST).is_file():
        return
    try:
        former.rename(folder)
        sync(folder.parent)
    except OSError as error:
        reason = f"{former.name} beside it, which was being replaced, cannot get its name back: {error.strerror}"
        raise BackupUnavailable(folder, reason) from error


def _former(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.former")
