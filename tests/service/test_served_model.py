"""`byline serve` with the real encoder: a process of its own, over a real socket, killed and started again."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.model, pytest.mark.server]

QUESTION = "Why did Oh Chong-song keep driving?"
BYLINE = [sys.executable, "-m", "service.cli.main"]


@contextmanager
def served(home: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """A `byline serve` on a free port, ended with SIGTERM unless the test has killed it."""
    process = subprocess.Popen(
        [*BYLINE, "--home", str(home), "serve", "--port", "0", "--ask", QUESTION], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = ""
        while not (address := re.search(r"http://127\.0\.0\.1:\d+", said)):
            line = process.stdout.readline()
            assert line, f"it ended after saying: {said}"
            said += line
        assert "executed" in said, "the example question is answered at the start"
        with httpx.Client(base_url=address.group(), timeout=30) as client:
            yield client, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    subprocess.run([*BYLINE, "--home", str(folder), "add", "--shipped"], check=True, capture_output=True)
    return folder


def test_the_fear_of_execution_is_the_cited_answer(home: Path) -> None:
    with served(home) as (client, _):
        reply = client.post("/v1/ask", json={"question": QUESTION}).json()
        assert "executed" in reply["answer"]["text"]
        assert reply["answer"]["citations"][0]["article_id"] == "dmz-defection-december-2018"
        for citation in reply["answer"]["citations"]:
            path = f"/v1/articles/{citation['article_id']}"
            text = client.get(path, params={"revision": citation["revision"]}).json()["text"]
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        off = client.post("/v1/ask", json={"question": "What is the capital of France?"}).json()
        assert off["answer"] is None
        assert off["passages"]


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    subprocess.run([*BYLINE, "--home", str(tmp_path), "add", "--shipped"], check=True, capture_output=True)
    with served(tmp_path) as (client, process):
        for path, text in (
            ("visit", "The zeppelin landed."),
            ("visit", "The submarine surfaced."),
            ("kept", "A comet."),
        ):
            assert client.put(f"/v1/articles/{path}", json={"text": text}).is_success
        assert client.delete("/v1/articles/imjin-river-defection-2019").status_code == 204
        process.kill()
        process.wait(30)
    with served(tmp_path) as (client, _):
        found = client.post("/v1/search", json={"query": "zeppelin submarine comet", "k": 100}).json()["passages"]
        words = " ".join(passage["text"] for passage in found)
        assert "submarine" in words
        assert "comet" in words
        assert "zeppelin" not in words
        assert "imjin-river-defection-2019" not in {passage["article_id"] for passage in found}


def test_the_serving_process_carries_no_torch(home: Path) -> None:
    with served(home) as (client, process):
        assert client.post("/v1/ask", json={"question": QUESTION}).is_success
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        assert "onnxruntime" in mapped
        for library in ("torch", "transformers", "sklearn"):
            assert f"/{library}/" not in mapped
