"""Names that survive a power cut: a file or folder is there for certain once the folder that holds it was synced."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Returns when the file's contents, or the folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Makes a folder that may be there already, and those above it that are missing; then their names are on disk.

    Raises OSError.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync(each.parent)
