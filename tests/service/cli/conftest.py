"""A library that `byline add` made, for all tests of the command line."""

import json
from pathlib import Path

import pytest

from tests.service.cli.library import FORMER, HOSTILE
from tests.service.cli_runs import Run, byline, copied, succeeded


@pytest.fixture(scope="package")
def first_add(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A home in which `byline add` ran for the first time, and what it said."""
    home, inbox = tmp_path_factory.mktemp("cli") / "home", tmp_path_factory.mktemp("inbox")
    (inbox / "harbour.md").write_text(FORMER)
    hostile = {"id": "storm", "title": HOSTILE, "publisher": HOSTILE, "text": f"The storm calmed. {HOSTILE}."}
    (inbox / "deeper").mkdir()
    (inbox / "deeper" / "storm.jsonl").write_text(json.dumps(hostile) + "\n")
    return home, byline("add", "--shipped", inbox, "-", "--id", "note", "--json", home=home, stdin=b"A ferry sank.\n")


@pytest.fixture(scope="package")
def library(first_add: tuple[Path, Run]) -> Path:
    """A home with seven articles and a note that every test may read; one that changes it takes a copy."""
    home, added = first_add
    succeeded(added)
    return home


@pytest.fixture
def home(library: Path, tmp_path: Path) -> Path:
    """A copy of the library for one test to change."""
    return copied(library, tmp_path / "home")
