"""Whether files that are asked for can be written, told before anything is measured."""

from collections.abc import Iterable
from pathlib import Path

from eval.errors import Unwritable


def check_outputs(files: Iterable[Path | None], *, read: Iterable[Path | None] = ()) -> None:
    """Raises Unwritable for the first that cannot be, is read, too, or is asked for twice; None is no file."""
    inputs = {file.resolve() for file in read if file is not None}
    written = set[Path]()
    for file in files:
        if file is None:
            continue
        if not file.parent.is_dir():
            raise Unwritable(file, f"there is no folder {file.parent}")
        if file.is_dir():
            raise Unwritable(file, "it is a folder")
        if file.resolve() in inputs:
            raise Unwritable(file, "it is read, too")
        if file.resolve() in written:
            raise Unwritable(file, "it is to be written twice")
        written.add(file.resolve())
