"""Offline: in a network namespace without any interface, articles are added, asked about and examined."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import load_settings
from tests.service.cli_runs import QUESTION, byline, environment, run, succeeded

pytestmark = pytest.mark.model

CONNECT = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=5)
except OSError as error:
    print(error.strerror)
"""
SERVE_ONE = """
import json, sys
from pathlib import Path
from service.compose import opened
from service.settings import load_settings
with opened(load_settings(home=Path(sys.argv[1]))) as parts:
    reply = parts.engine.ask(sys.argv[2], k=5)
    print(json.dumps({"passages": len(reply.hits), "modules": sorted(sys.modules)}))
"""
HEAVY = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "onnx", "onnxscript", "sklearn", "scipy"}


def without_network() -> tuple[str, ...]:
    """What to put in front of a command so that it has no network; skips the test where the kernel refuses."""
    reasons = []
    for prefix in (("unshare", "-rn"), ("unshare", "-n")):
        try:
            tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"there is no unshare command to take the network away with: {error}")
        if tried.returncode == 0:
            return prefix
        reasons.append(tried.stderr.strip())
    pytest.skip(f"the kernel gives no network namespace: {'; '.join(reasons)}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    succeeded(byline("add", "--shipped", home=folder))
    return folder


def test_without_any_network_articles_are_added_asked_about_and_examined(tmp_path: Path) -> None:
    prefix = without_network()
    assert "unreachable" in succeeded(run([*prefix, sys.executable, "-c", CONNECT])).out
    # nothing that an earlier run or another program has cached can help, and nothing is told to stay offline
    variables: dict[str, str | None] = {
        "HF_HOME": str(tmp_path / "hub"),
        "TMPDIR": str(tmp_path),
        **dict.fromkeys(["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]),
    }
    home = tmp_path / "home"
    add, ask, doctor = (
        byline(*command, home=home, prefix=prefix, variables=variables)
        for command in (["add", "--shipped", "--json"], ["ask", QUESTION, "--json"], ["doctor", "--json"])
    )
    assert [item["result"] for item in succeeded(add).json["added"]] == ["created"] * 5
    assert "executed" in succeeded(ask).json["answer"]["text"]
    assert succeeded(doctor).json["sound"] is True
    assert not (tmp_path / "hub").exists()


def test_nothing_is_left_in_the_users_home_from_which_somebody_could_be_told(home: Path, tmp_path: Path) -> None:
    cache = str(load_settings().cache)
    # where it sees that it is under test, ONNX Runtime keeps to itself anyhow
    hidden = dict.fromkeys(("CI", "GITHUB_ACTIONS", "XDG_CACHE_HOME", "XDG_DATA_HOME", "ORT_DISABLE_TELEMETRY"))
    for command in (["--version"], ["ask", QUESTION], ["doctor"]):
        told = byline(*command, home=home, variables={"HOME": str(tmp_path), "BYLINE_CACHE": cache, **hidden})
        succeeded(told)
        assert sorted(tmp_path.rglob("*")) == []


def test_a_process_that_answers_questions_has_loaded_nothing_that_only_the_export_needs(home: Path) -> None:
    result = run([sys.executable, "-c", SERVE_ONE, str(home), QUESTION], variables=environment())
    found = json.loads(succeeded(result).out)
    assert found["passages"] == 5
    loaded = {name.partition(".")[0] for name in found["modules"]}
    assert {"faiss", "onnxruntime", "tantivy", "tokenizers"} <= loaded
    assert loaded & HEAVY == set()
