"""How an engine is set: what cannot be is refused by name, and no secret is repeated."""

import sys
from pathlib import Path

import pytest

from service.settings import SettingsError, load_settings
from tests.service.cli_runs import environment, run


def test_milvus_lite_that_is_not_installed_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    script = """
import sys
sys.modules["milvus_lite"] = None  # what Python itself takes for a package that is not there
from service.opening import milvus_of
from service.settings import SettingsError, load_settings
try:
    milvus_of(load_settings(), lambda: None)
except SettingsError as error:
    print(error)
"""
    said = run([sys.executable, "-c", script], variables=environment({"BYLINE_MILVUS": str(tmp_path / "own.db")})).out
    assert said.startswith("BYLINE_MILVUS: a file of it needs Milvus Lite, which is not here")
    assert "'.[milvus-lite]'" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("localhost:19530", "it is not the address of a Milvus"),
        ("http://", "it is not the address of a Milvus"),
        ("http://root:secret@127.0.0.1:19530", "it holds a user or password; set BYLINE_MILVUS_TOKEN"),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv("BYLINE_MILVUS", value)
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings()
    assert "secret" not in str(refused.value)


def test_the_engines_kind_of_index_is_no_kind_of_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_VECTOR_INDEX", "engine")
    with pytest.raises(SettingsError, match="BYLINE_MILVUS names one"):
        load_settings()
