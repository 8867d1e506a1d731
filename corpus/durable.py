"""Files and folders that survive a power cut: contents first, then the name, then the folder that holds it."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Returns when the file's contents, or the folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Syncs every file and folder below, and the folder itself, innermost first."""
    for path in sorted(folder.rglob("*"), key=lambda found: len(found.parts), reverse=True):
        sync(path)
    sync(folder)


def replace_file(file: Path, content: str) -> None:
    """Gives a file new content in one step: a reader or a crash finds either the old or the new, never a mixture."""
    temporary = file.with_name(file.name + ".new")
    temporary.write_text(content)
    sync(temporary)
    temporary.replace(file)
    sync(file.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder that may be there already, and those above it that are missing; then their names are on disk.

    Raises OSError.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync(each.parent)
