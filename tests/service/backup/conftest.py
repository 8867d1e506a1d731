"""A home and a backup of it, for each test to change."""

from pathlib import Path

import pytest

from service.backup.making import make_backup
from service.feedback.store import add_feedback
from service.keys.store import create_key
from tests.service.backup.homes import put, rebuild
from tests.service.cli_runs import copied


@pytest.fixture(scope="package")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two articles, indexes, feedback and a key, and beside it a backup of it; to be copied."""
    folder = tmp_path_factory.mktemp("template")
    put(folder / "home", "harbour", "ferry")
    rebuild(folder / "home")
    add_feedback(folder / "home", '{"question": "Who?"}')
    create_key(folder / "home", "chatbot")
    make_backup(folder / "home", folder / "backup")
    return folder


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return copied(template / "home", tmp_path / "home")


@pytest.fixture
def backup(template: Path, tmp_path: Path) -> Path:
    return copied(template / "backup", tmp_path / "backup")
