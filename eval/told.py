"""Telling a known error in one line, with exit status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from eval.errors import EvalError
from eval.text import printable
from service.settings import SettingsError


@contextmanager
def telling_errors() -> Iterator[None]:
    """Ends the command with the message of an EvalError or SettingsError."""
    try:
        yield
    except (EvalError, SettingsError) as error:
        typer.secho(f"error: {printable(str(error))}", fg="red", err=True)
        raise typer.Exit(1) from error
