"""Paths as they are written on the command line."""

from pathlib import Path

import typer


def path_named(text: str) -> Path:
    """For an option's `parser`.

    An empty path, the value of a variable that is not set, would stand for the current folder. Raises BadParameter.
    """
    if not text:
        raise typer.BadParameter("a path is empty")
    return Path(text)
