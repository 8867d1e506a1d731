"""The commands whose figures are published, as the pages show them."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.own_process import module_command, module_environment
from eval.published.errors import MeasurementFailed

Document = dict[str, Any]
"""Parsed JSON."""
PROGRAMS = {"byline": module_command("service.cli.main"), "python": [sys.executable, "-P"]}
_FULL = {"BYLINE_ENCODER_PRECISION": "fp32"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One command, run from within the folder that has the public data."""

    name: str
    command: str
    """As a reader types it; begins with one of PROGRAMS."""
    environment: Mapping[str, str] = field(default_factory=dict)
    as_json: bool = True
    """Whether its figures come by `--json`, and not as what it prints."""


EVALUATIONS = {
    "shipped": "byline eval --split test",
    "squad2": "byline eval --questions squad2/questions.jsonl --articles squad2/articles.jsonl --split test",
    "chunking": "byline eval --questions chunking/questions.jsonl --articles chunking --split test",
    "scifact": "byline eval --beir scifact --split dev",
}
MEASUREMENTS = (
    *(Measurement(name, command) for name, command in EVALUATIONS.items()),
    *(Measurement(f"{name}-fp32", command, environment=_FULL) for name, command in EVALUATIONS.items()),
    Measurement("reference", "python -m eval.reference scifact --split dev", as_json=False),
    Measurement("question", "python -m eval.cost.question", as_json=False),
    Measurement("encoding", "python -m eval.cost.encoding", as_json=False),
    Measurement(
        "beside",
        "byline bench --passages 2500 --indexed 300 --rounds 2 --questions 100 --seconds 4",
    ),
    Measurement(
        "sizes",
        "byline bench --peers none --only scale --scale 10000,100000,1000000 --passages 2500 --questions 100",
    ),
)
"""What is no matter of time, and can be measured beside other work, comes first."""


def measure(one: Measurement, *, data: Path) -> Document | str:
    """What the command gives: parsed JSON, or the text that it prints. Its progress and errors go to standard error.

    Raises MeasurementFailed.
    """
    program, *rest = shlex.split(one.command)
    with tempfile.TemporaryDirectory(prefix="byline-published-") as folder:
        report = Path(folder) / "report.json"
        ended = subprocess.run(  # noqa: S603 - a command of this file
            [*PROGRAMS[program], *rest, *(("--json", str(report)) if one.as_json else ())],
            cwd=data,
            env={**_defaults(), **one.environment},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise MeasurementFailed(one.command, ended.returncode)
        if not one.as_json:
            return ended.stdout
        found: Document = json.loads(report.read_text(encoding="utf-8"))
        return found


def _defaults() -> dict[str, str]:
    """This process's environment without settings: what is published is of the defaults."""
    kept = {"BYLINE_CACHE"}
    return {
        name: value for name, value in module_environment().items() if name in kept or not name.startswith("BYLINE_")
    }
