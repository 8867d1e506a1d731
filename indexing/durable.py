"""Writing files so that they survive a power cut: contents first, then the name, then the folder that holds it."""

from pathlib import Path

from corpus.durable import sync

__all__ = ["replace_file", "sync", "sync_tree"]


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
