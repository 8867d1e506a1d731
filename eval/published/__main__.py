"""`python -m eval.published DATA`: measures every figure of README and docs/figures.md again, and writes it there."""

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.published.blocks import BLOCKS
from eval.published.errors import FiguresError
from eval.published.measurements import MEASUREMENTS, Measurement, measure
from eval.published.pages import read, write
from eval.told import telling_errors

ROOT = Path(__file__).parents[2]
NAMES = tuple(one.name for one in MEASUREMENTS)


def main(
    data: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Has the folders scifact, squad2 and chunking.")
    ],
    *,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join(NAMES)}; may be repeated. All of them otherwise.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps what is measured; what it has already is not measured again."),
    ] = None,
) -> None:
    """Measure the figures of README.md and docs/figures.md again and write them there; about an hour, on a quiet
    machine. A place that lacks one of its measurements stays as it is.
    """
    if unknown := set(only or ()).difference(NAMES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is none of {', '.join(NAMES)}", param_hint="--only")
    with telling_errors():
        # before an hour is spent on what finds no place
        for block in BLOCKS:
            read(ROOT / block.page, block.name)
    found: dict[str, Any] = {}
    failed = False
    for one in MEASUREMENTS:
        if only and one.name not in only and not _kept(one, results):
            continue
        try:
            found[one.name] = _measured(one, data, results)
        except FiguresError as error:
            # what the others gave, in up to an hour, is published all the same
            _tell(f"error: {error}")
            failed = True
    with telling_errors():
        publish(ROOT, found)
    if failed:
        raise typer.Exit(1)


def publish(root: Path, found: dict[str, Any]) -> None:
    """Writes each block that everything was measured for. Raises NoPlace."""
    for block in BLOCKS:
        if missing := _missing(block.needs, found):
            _tell(f"{block.page}, {block.name}: stays as it is, for want of {', '.join(missing)}")
        else:
            write(root / block.page, block.name, block.lines(found))


def _missing(needs: Collection[str], found: Collection[str]) -> list[str]:
    return [name for name in needs if name not in found]


def _measured(one: Measurement, data: Path, results: Path | None) -> object:
    kept = _kept(one, results)
    if kept:
        _tell(f"{one.name}: as {kept} has it")
        return json.loads(kept.read_text(encoding="utf-8"))
    _tell(f"{one.name}: {one.command}")
    value = measure(one, data=data)
    if results is not None:
        results.mkdir(parents=True, exist_ok=True)
        (results / f"{one.name}.json").write_text(json.dumps(value), encoding="utf-8")
    return value


def _kept(one: Measurement, results: Path | None) -> Path | None:
    """Where an earlier call has left what it gave."""
    file = None if results is None else results / f"{one.name}.json"
    return file if file is not None and file.exists() else None


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    typer.run(main)
