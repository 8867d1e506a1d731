"""A running service goes over to what is restored under it in one step."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from indexing.generations.manifest import current_number
from service.backup.making import make_backup
from service.keys.store import KEYS
from tests.fakes import fake_parts
from tests.service.backup.homes import put, rebuild, restored
from tests.service.cli_runs import ROOT, byline, refusal, succeeded
from tests.service.replied import VERIFIED
from tests.service.serving import serving

_SERVICE = """
import sys
from pathlib import Path
from tests.fakes import fake_parts
from tests.service.replied import VERIFIED
from tests.service.serving import serving
with serving(fake_parts(Path(sys.argv[1]), answerable_threshold=0.0)) as client:
    print(client.base_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def service(home: Path) -> Iterator[httpx.Client]:
    """A service without keys in a process of its own."""
    KEYS.of(home).unlink()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVICE, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        with httpx.Client(base_url=child.stdout.readline().strip(), timeout=30) as client:
            yield client
        child.communicate()


def found_by(client: httpx.Client, query: str) -> set[str]:
    reply = client.post("/v1/search", json={"query": query, "k": 50})
    assert reply.status_code == 200, reply.text
    return {passage["article_id"] for passage in reply.json()["passages"]}


@pytest.mark.server
def test_a_service_that_runs_goes_over_to_what_is_restored_and_no_newer_word_comes_back(
    home: Path, backup: Path, tmp_path: Path, service: httpx.Client
) -> None:
    text = {"title": "Bridge", "text": "The bridge closed on Friday. It was old."}
    assert service.put("/v1/articles/bridge", json=text).status_code == 201
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "bridge"}
    # of another history with as many commits, so that a number alone tells nothing
    before = succeeded(byline("backup", tmp_path / "with-bridge", "--json", home=home)).json
    assert before["articles"] == 3
    assert "--replace" in refusal(byline("restore", backup, home=home))
    done = succeeded(byline("restore", backup, "--replace", "--json", home=home)).json
    assert (done["articles"], done["feedback"], done["generation"]) == (2, 1, None)
    assert found_by(service, "reopened closed") == {"harbour", "ferry"}
    assert service.get("/v1/articles/bridge").status_code == 404
    text = {"title": "Tunnel", "text": "The tunnel closed on Friday. It was new."}
    assert service.put("/v1/articles/tunnel", json=text).status_code == 201
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "tunnel"}
    rebuild(home)
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "tunnel"}
    # indexes of this history are of no use to the other: they are made anew
    done = succeeded(byline("restore", tmp_path / "with-bridge", "--replace", "--json", home=home)).json
    assert done["generation"] == current_number(home) == 3
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "bridge"}
    said = service.post("/v1/ask", json={"question": "What closed?"}).json()
    for cited in said["answer"]["citations"]:
        place = {name: cited[name] for name in VERIFIED}
        assert service.post("/v1/verify", json=place).json()["valid"]


@pytest.mark.server
def test_questions_asked_while_a_library_is_restored_again_and_again_are_answered_from_one_state(
    home: Path, backup: Path, tmp_path: Path
) -> None:
    KEYS.of(home).unlink()
    put(home, "bridge")
    make_backup(home, tmp_path / "larger")
    seen: set[frozenset[str]] = set()
    errors: list[str] = []
    stop = threading.Event()
    with serving(fake_parts(home, answerable_threshold=0.0)) as client:

        def ask() -> None:
            while not stop.is_set():
                reply = client.post("/v1/search", json={"query": "reopened", "k": 50})
                if reply.status_code == 200:
                    seen.add(frozenset(passage["article_id"] for passage in reply.json()["passages"]))
                else:
                    errors.append(reply.text)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for folder in [backup, tmp_path / "larger"] * 5:
                restored(folder, home, replace=True)
        finally:
            stop.set()
            thread.join()
    assert seen <= {frozenset({"harbour", "ferry"}), frozenset({"harbour", "ferry", "bridge"})}
    assert len(seen) == 2
    assert errors == []
