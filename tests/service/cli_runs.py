"""Runs of the `byline` command as a process of its own, and what tests say of them."""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[2]
BYLINE = (sys.executable, "-m", "service.cli.main")
QUESTION = "Why did Oh Chong-song keep driving?"
_SECONDS = 120
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Run:
    """What a process left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - what a command prints is any JSON
        """Standard output as one JSON document."""
        return json.loads(self.out)


def environment(changes: Mapping[str, str | None] = MappingProxyType({})) -> dict[str, str]:
    """This process's environment without Byline's settings, but for the encoders' cache; None takes a variable away."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BYLINE_")}
    # the export of the encoder takes half a minute and is to happen once a machine
    cache = {"BYLINE_CACHE": os.environ["BYLINE_CACHE"]} if "BYLINE_CACHE" in os.environ else {}
    # the code beside this file is what is tested, wherever the process runs
    added: dict[str, str | None] = {"PYTHONPATH": str(ROOT), "COLUMNS": "120", **changes}
    return {name: value for name, value in {**kept, **cache, **added}.items() if value is not None}


def byline(
    *arguments: str | bytes | Path,
    home: Path | None = None,
    stdin: bytes = b"",
    folder: Path | None = None,
    prefix: Sequence[str] = (),
    variables: Mapping[str, str | None] = MappingProxyType({}),
) -> Run:
    """Runs `byline --home home ...` to its end, in `folder` if that is given; `variables` change its environment."""
    where: Sequence[str | bytes | Path] = () if home is None else ("--home", home)
    return run([*prefix, *BYLINE, *where, *arguments], stdin=stdin, folder=folder, variables=environment(variables))


def run(
    command: Sequence[str | bytes | Path],
    *,
    stdin: bytes = b"",
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """Runs a command to its end."""
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=folder, env=variables, timeout=_SECONDS, check=False
    )
    return Run(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="replace"))


def together(runs: Sequence[Sequence[str | bytes | Path]], *, home: Path | None = None) -> list[Run]:
    """Several runs on one home, a few at a time: most of each is waiting for imports."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda arguments: byline(*arguments, home=home), runs))


def refusal(result: Run) -> str:
    """The one line in which a run said why it could do nothing; fails if it said more, or ended well."""
    assert "Traceback" not in result.err, result.err
    assert result.status == 1, result
    assert result.out == "", result.out
    (line,) = result.err.splitlines()
    assert line.startswith("error: "), line
    return line.removeprefix("error: ")


def succeeded(result: Run) -> Run:
    """The run itself, which ended with status 0."""
    assert result.status == 0, result.err
    return result


def copied(home: Path, to: Path) -> Path:
    """A copy of a library that no process has open."""
    shutil.copytree(home, to)
    return to


@functools.cache
def bound_by_permissions() -> tuple[str, ...] | None:
    """What to put in front of a command so that file permissions bind it too: nothing, but for root; None if unknown.

    Root reads and writes every file whatever its mode, unless the kernel is told to take that right away.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if shutil.which(prefix[0]) is None:
        return None
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        return None
    return prefix
