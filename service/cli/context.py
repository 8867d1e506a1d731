"""What all commands share: the settings, the parts built from them, and where output goes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from service.cli.shown import one_line
from service.compose import Parts, opened
from service.settings import Settings, load_settings

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def settings_of(context: typer.Context) -> Settings:
    """The settings with the global options applied. Raises SettingsError."""
    home: Path | None = context.obj
    return load_settings(home=home)


@contextmanager
def parts_of(context: typer.Context, *, in_other_process: bool = False) -> Iterator[Parts]:
    """The parts for one command, closed when it ends; `in_other_process` has others build indexes."""
    with opened(
        settings_of(context),
        tell=lambda said: ERR.print(one_line(said), style="dim", markup=False),
        in_other_process=in_other_process,
    ) as parts:
        yield parts


def print_json(value: BaseModel | list[dict[str, object]] | dict[str, object]) -> None:
    """One JSON document on standard output, as the HTTP service would give it."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    sys.stdout.flush()
    # UTF-8 whatever the terminal's own encoding is
    sys.stdout.buffer.write(json.dumps(plain, ensure_ascii=False, indent=2).encode(errors="replace") + b"\n")
    sys.stdout.buffer.flush()
