"""Data is never code: a process that opens a library, indexes and the model, and answers, runs nothing of theirs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexing.encoders.source import find_model
from tests.service.cli_runs import QUESTION, ROOT, byline, environment, succeeded
from tests.service.replied import VERIFIED

pytestmark = [pytest.mark.model, pytest.mark.server]

_SERVE = """
import json, os, sys
events, strict = [], False
data = tuple(os.path.realpath(path) for path in json.loads(sys.argv[1]))
CODE = {"pickle.find_class", "exec", "compile", "import", "marshal.loads", "marshal.load", "code.__new__",
        "subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system"}
SOCKETS = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}

def place_of(event, arguments):
    if event == "exec":
        return str(getattr(arguments[0], "co_filename", ""))
    if event in ("compile", "import"):
        return str(arguments[1] or "")
    return ""

def hook(event, arguments):
    if event in CODE:
        place = place_of(event, arguments)
        inside = bool(place) and os.path.realpath(place).startswith(data)
        if strict or inside or event == "pickle.find_class":
            events.append([event, place or str(arguments)[:200], inside])
    elif event in SOCKETS:
        events.append([event, str(arguments[1:] if event.startswith("socket.") else arguments)[:200], False])

sys.addaudithook(hook)
from pathlib import Path
from service.compose import opened
from service.settings import load_settings
from tests.service.serving import serving
for home in sys.argv[2:]:
    with opened(load_settings(home=Path(home))) as parts, serving(parts) as client:
        print(client.base_url, flush=True)
        sys.stdin.readline()
    # everything is imported and made by now, so that the next home has nothing to bring but data
    strict = True
strict = False
print(json.dumps(events))
"""


def use(base: str) -> None:
    with httpx.Client(base_url=base, timeout=60) as client:
        body = {"title": "Crane", "text": "A crane fell in Salthaven. Nobody was hurt.", "publisher": "Courier"}
        assert client.put("/v1/articles/crane", json=body).status_code in {200, 201}
        reply = client.post("/v1/ask", json={"question": QUESTION, "k": 5, "explain": True}).json()
        assert "executed" in reply["answer"]["text"]
        for cited in reply["answer"]["citations"]:
            place = {name: cited[name] for name in VERIFIED}
            assert client.post("/v1/verify", json=place).json()["valid"]
        found = client.post("/v1/search", json={"query": "crane", "filters": {"publishers": ["Courier"]}}).json()
        assert [one["article_id"] for one in found["passages"]] == ["crane"]
        said = {"question": "Who?", "abstained": True, "helpful": True}
        assert client.post("/v1/feedback", json=said).status_code < 300
        for path in ("/v1/articles", "/v1/publishers", "/metrics", "/readyz"):
            assert client.get(path).status_code == 200
        assert client.delete("/v1/articles/crane").status_code == 204


def events_of(tmp_path: Path) -> list[Any]:
    homes = [tmp_path / "first", tmp_path / "second"]
    succeeded(byline("add", "--shipped", home=homes[0]))
    assert (homes[0] / "indexes" / "CURRENT").exists()
    shutil.copytree(homes[0], homes[1])
    variables = environment()
    cache = variables.get("BYLINE_CACHE", str(Path.home() / ".cache" / "byline"))
    data = [str(tmp_path), cache, str(find_model("all-MiniLM-L6-v2").folder), str(ROOT / "indexing" / "data")]
    command = [sys.executable, "-c", _SERVE, json.dumps(data), *map(str, homes)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in homes:
            use(child.stdout.readline().strip())
            child.stdin.write("on\n")
            child.stdin.flush()
        found: list[Any] = json.loads(child.stdout.readline())
        assert child.wait(60) == 0
    return found


def test_nothing_of_the_data_is_run_or_unpickled_and_the_listener_is_the_only_socket(tmp_path: Path) -> None:
    events = events_of(tmp_path)
    sockets = [event for event in events if event[0].startswith("socket.")]
    assert [event for event in events if event not in sockets] == []
    assert {name for name, _, _ in sockets} == {"socket.bind"}
    assert all("127.0.0.1" in arguments for _, arguments, _ in sockets)
    assert len(sockets) == 2, "one listener for each service"
