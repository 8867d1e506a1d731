"""The wheel: installed into an environment of its own, Byline works outside the checkout."""

import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.service.cli_runs import QUESTION, ROOT, environment, run, succeeded

pytestmark = pytest.mark.model

LAYERS = ("corpus", "eval", "indexing", "service")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network from what is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    succeeded(run([*PIP, "wheel", *options, ROOT], folder=folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new environment that holds the wheel; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    succeeded(run([sys.executable, "-m", "venv", "--without-pip", folder]))
    succeeded(run([*PIP, "--python", folder, "install", "--quiet", "--no-deps", "--no-index", wheel], folder=folder))
    (site,) = folder.glob("lib/python*/site-packages")
    # a .pth file inside this other folder is not read, so this environment's editable installation is not found there
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_carries_articles_page_and_rank_table_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(LAYERS)
    assert not [name for name in names if "test" in Path(name).parts[0] or "__pycache__" in name]
    for folder, suffix, least in (
        ("corpus/articles/", ".md", 5),
        ("service/page/static/", ".html", 2),
        ("service/page/static/", ".js", 1),
        ("service/page/static/", ".css", 1),
    ):
        assert sum(name.startswith(folder) and name.endswith(suffix) for name in names) >= least, (folder, suffix)
    tables = [name for name in names if name.startswith("indexing/data/tiktoken/")]
    assert [Path(name).name for name in tables] == [
        file.name for file in (ROOT / "indexing" / "data" / "tiktoken").iterdir()
    ]
    licences = [name.partition("/licenses/")[2] for name in names if "/licenses/" in name]
    assert sorted(licences) == ["LICENSE", "indexing/data/LICENSE-tiktoken"]


def test_every_file_of_the_four_layers_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    here = {
        file.relative_to(ROOT).as_posix()
        for layer in LAYERS
        for file in (ROOT / layer).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert here - names == set()


def test_installed_outside_the_checkout_it_adds_and_answers(installed: Path, tmp_path: Path) -> None:
    variables = environment({"PYTHONPATH": None, "BYLINE_HOME": str(tmp_path / "home")})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    places = "import corpus, eval, indexing, service; print(corpus.__file__, eval.__file__, indexing.__file__)"
    imported = succeeded(run([installed / "python", "-c", places], folder=elsewhere, variables=variables)).out.split()
    assert [Path(place).is_relative_to(installed.parent) for place in imported] == [True] * 3

    succeeded(run([installed / "byline", "add", "--shipped"], folder=elsewhere, variables=variables))
    asked = succeeded(run([installed / "byline", "ask", QUESTION, "--json"], folder=elsewhere, variables=variables))
    reply = asked.json
    assert "executed" in reply["answer"]["text"]
    assert reply["answer"]["citations"][0]["article_id"] == "dmz-defection-december-2018"
    assert list(elsewhere.iterdir()) == []


def test_installed_it_finds_the_page_and_reports_its_version(installed: Path, tmp_path: Path) -> None:
    variables = environment({"PYTHONPATH": None})
    listing = "from service.page import page_files; print(*(file for _, file in page_files().values()), sep='\\n')"
    files = succeeded(run([installed / "python", "-c", listing], folder=tmp_path, variables=variables)).out.splitlines()
    assert len(files) >= 4
    for file in map(Path, files):
        assert file.is_relative_to(installed.parent)
        assert file.is_file()
    told = succeeded(run([installed / "byline", "--version"], folder=tmp_path, variables=variables)).out
    assert told == f"byline {version('byline')}\n"
