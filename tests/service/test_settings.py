"""Settings: each is described and documented, wrong values name their variable, and one file reads the environment."""

import ast
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from service.compose import Parts
from service.settings import Settings, SettingsError, load_settings
from tests.service.cli_runs import ROOT

SETTINGS = ROOT / "docs" / "settings.md"

VARIABLES = [f"BYLINE_{name.upper()}" for name in Settings.model_fields]

TOUCHING_THE_ENVIRONMENT = {
    "indexing/__init__.py": "ONNX Runtime is kept from telling its makers what runs, by a variable",
    "indexing/tokens.py": "tiktoken is told where its rank table is by a variable, set while it loads and put back",
    "corpus/own_process.py": "processes of this program get this one's environment and module path",
    "eval/bench/environments.py": "pip gets this process's environment without its module path",
    "eval/bench/process.py": "the systems measured get this process's environment without its module path and threads",
    "service/threads.py": "numerical libraries are told their number of threads by variables",
    "indexing/milvus/client.py": "Milvus's client reads a file of variables when it is imported; this keeps it from it",
    "service/metrics.py": "prometheus_client is told by a variable where several processes count; read here",
}
"""The files besides service/settings.py that may read or set the environment, and why. None of them reads a setting."""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description is not None
    assert description.endswith(".")


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_stands_in_the_docs_with_its_default_and_meaning(variable: str) -> None:
    rows = [line for line in SETTINGS.read_text().splitlines() if line.startswith(f"| `{variable}` |")]
    (row,) = rows
    _, _, default, meaning, _ = row.split("|")
    assert meaning.strip()
    field = Settings.model_fields[variable.removeprefix("BYLINE_").lower()]
    if field.default_factory is None:
        assert default.strip() == ("none" if field.default is None else f"`{field.default}`")


def _choices(name: str) -> list[tuple[str, StrEnum]]:
    """A setting with each value of the enumeration that it is one of."""
    annotation = Settings.model_fields[name].annotation
    kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
    return [(name, value) for kind in kinds if issubclass(kind, StrEnum) for value in kind]


CHOICES = [choice for name in Settings.model_fields for choice in _choices(name)]


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_every_value_that_may_be_chosen_is_named_by_its_setting_and_in_the_docs(
    name: str, value: StrEnum, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"BYLINE_{name.upper()}"
    monkeypatch.setenv(variable, value)
    try:
        assert getattr(load_settings(), name) is value
    except SettingsError:
        # an index of an engine is set by the engine's address
        assert (name, value) == ("vector_index", "engine")
        return
    (row,) = (line for line in SETTINGS.read_text().splitlines() if line.startswith(f"| `{variable}` |"))
    assert f"`{value}`" in row
    assert f"`{value}`" in (Settings.model_fields[name].description or "")


def test_the_docs_name_no_setting_that_does_not_exist() -> None:
    rows = [line for line in SETTINGS.read_text().splitlines() if line.startswith("| `BYLINE_")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(VARIABLES)


def _touches_environment(file: Path) -> bool:
    """Whether the file names os.environ or a sibling of it, however it imports them."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names}:
            return True
    return False


def test_the_environment_is_touched_where_it_is_said_and_nowhere_else() -> None:
    files = [file for layer in ("corpus", "indexing", "service", "eval") for file in (ROOT / layer).rglob("*.py")]
    assert len(files) > 50
    found = {str(file.relative_to(ROOT)) for file in files if _touches_environment(file)}
    assert found == set(TOUCHING_THE_ENVIRONMENT)


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['A']", "from os import getenv", "import os as o\no.getenv('A')"]
)
def test_the_scan_sees_each_way_of_reading_the_environment(source: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)
    assert _touches_environment(file)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BYLINE_PORT", "eighty"),
        ("BYLINE_PORT", "65536"),
        ("BYLINE_PORT", "-1"),
        ("BYLINE_THREADS", "0"),
        ("BYLINE_THREADS", "many"),
        ("BYLINE_MAX_TOKENS", "7"),
        ("BYLINE_MAX_TOKENS", "160.5"),
        ("BYLINE_OVERLAP_TOKENS", "-1"),
        ("BYLINE_OVERLAP_TOKENS", "160"),
        ("BYLINE_ANSWERABLE_THRESHOLD", "1.01"),
        ("BYLINE_ANSWERABLE_THRESHOLD", "nan"),
        ("BYLINE_WRITE_WAIT_SECONDS", "-0.1"),
        ("BYLINE_WRITE_WAIT_SECONDS", "nan"),
        ("BYLINE_ENCODER_BACKEND", "pickle"),
        ("BYLINE_LLM_TIMEOUT_SECONDS", "0"),
        ("BYLINE_LLM_TIMEOUT_SECONDS", "inf"),
        ("BYLINE_LLM_PASSAGE_TOKENS", "99"),
    ],
)
def test_a_value_that_a_setting_cannot_have_is_an_error_that_names_the_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings()


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_is_set_to_nothing_counts_as_not_set(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load_settings()
    monkeypatch.setenv(variable, "")
    assert load_settings() == expected


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_PORT", "eighty")
    monkeypatch.setenv("BYLINE_THREADS", "0")
    with pytest.raises(SettingsError, match=r"BYLINE_THREADS: .*BYLINE_PORT: "):
        load_settings()


def test_what_is_wrong_is_said_in_words_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_CORS_ORIGINS", "news")
    monkeypatch.setenv("BYLINE_VECTOR_RECALL", "2")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    said = sorted(str(refused.value).split("; "))
    assert said[0].startswith("BYLINE_CORS_ORIGINS: 'news' is not an origin")
    assert said[1] == "BYLINE_VECTOR_RECALL: it must be less than 1"


def test_the_overlap_must_leave_room_for_something_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_MAX_TOKENS", "40")
    monkeypatch.setenv("BYLINE_OVERLAP_TOKENS", "40")
    with pytest.raises(SettingsError, match=r"BYLINE_OVERLAP_TOKENS: .*less than BYLINE_MAX_TOKENS"):
        load_settings()
    monkeypatch.setenv("BYLINE_OVERLAP_TOKENS", "39")
    assert load_settings().overlap_tokens == 39


MODEL = {"BYLINE_LLM_URL": "http://127.0.0.1:11434/v1", "BYLINE_LLM_MODEL": "small", "BYLINE_LLM_KEY": "sk-secret"}


@pytest.fixture
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in MODEL.items():
        monkeypatch.setenv(variable, value)


@pytest.mark.usefixtures("_model")
@pytest.mark.parametrize("missing", ["BYLINE_LLM_URL", "BYLINE_LLM_MODEL"])
def test_a_language_model_needs_its_address_and_its_name(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=f"^{missing}: "):
        load_settings()


@pytest.mark.usefixtures("_model")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BYLINE_LLM_URL", "127.0.0.1:11434/v1"),
        ("BYLINE_LLM_URL", "ftp://model/v1"),
        ("BYLINE_LLM_URL", "http://user:sk-secret@model/v1"),
        ("BYLINE_LLM_URL", "http://model/v1?key=sk-secret"),
        ("BYLINE_LLM_KEY", "sk-secret and more"),
    ],
)
def test_an_address_or_key_that_cannot_be_used_is_refused_by_name_without_repeating_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as caught:
        Parts(load_settings()).generator  # noqa: B018 - opens it
    assert "sk-secret" not in str(caught.value)


@pytest.mark.usefixtures("_model")
def test_the_key_is_in_no_text_made_of_the_settings() -> None:
    settings = load_settings()
    assert settings.llm_key is not None
    assert settings.llm_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_the_home_named_on_the_command_line_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BYLINE_HOME", "/somewhere/else")
    assert load_settings().home == Path("/somewhere/else")
    assert load_settings(home=tmp_path).home == tmp_path


def test_settings_never_change_once_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]
