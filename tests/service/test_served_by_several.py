"""`byline serve --workers 2` with the real encoder: one address, one library, and nothing left when it ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service.cli_runs import environment
from tests.service.test_workers import lives, until

pytestmark = [pytest.mark.model, pytest.mark.server]

BYLINE = [sys.executable, "-m", "service.cli.main"]


@contextmanager
def served(home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [*BYLINE, "--home", str(home), "serve", "--port", "0", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    try:
        said = ""
        while not (address := re.search(r"is ready: (http://127\.0\.0\.1:\d+)", said)):
            line = process.stdout.readline()
            assert line, f"it ended after saying: {said}"
            said += line
        yield address.group(1), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


def children(process: subprocess.Popen[str]) -> list[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(number) for number in found]


def connections(address: str, count: int) -> list[httpx.Client]:
    """Clients with a connection each, so that both processes have some."""
    clients = [httpx.Client(base_url=address, timeout=30) for _ in range(count)]
    for client in clients:
        assert client.get("/readyz").status_code == 200
    return clients


def test_what_one_process_stored_or_removed_the_others_next_question_knows(tmp_path: Path) -> None:
    with served(tmp_path) as (address, process):
        assert len(children(process)) == 2
        clients = connections(address, 16)
        for number, client in enumerate(clients[:4]):
            word = ("zeppelin", "submarine", "comet", "glacier")[number]
            assert client.put(f"/v1/articles/{word}", json={"text": f"The {word} was seen."}).status_code == 201
            for other in clients:
                found = other.post("/v1/search", json={"query": word}).json()["passages"]
                assert found[0]["article_id"] == word
        assert clients[0].delete("/v1/articles/comet").status_code == 204
        for other in clients:
            found = other.post("/v1/search", json={"query": "comet"}).json()["passages"]
            assert "comet" not in {passage["article_id"] for passage in found}
        asked = 4 * len(clients) + len(clients)
        for client in clients:
            # whichever process is asked tells of all
            assert f'byline_questions_total{{outcome="passages",way="search"}} {asked}.0' in client.get("/metrics").text
        os.kill(children(process)[0], signal.SIGKILL)
        until(lambda: len(children(process)) == 2)
        text = httpx.get(f"{address}/metrics").text
        assert f'byline_questions_total{{outcome="passages",way="search"}} {asked}.0' in text
        assert "byline_questions_inside 0.0" in text
        for client in clients:
            client.close()


def test_a_killed_process_is_replaced_and_a_killed_parent_takes_all_along(tmp_path: Path) -> None:
    with served(tmp_path) as (address, process):
        before = children(process)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(children(process)) == 2 and before[0] not in children(process))
        assert httpx.get(f"{address}/readyz").status_code == 200
        both = children(process)
        process.kill()
        process.wait()
        until(lambda: not any(lives(number) for number in both))


def test_a_broken_library_ends_the_whole_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"no database" * 100)
    done = subprocess.run(
        [*BYLINE, "--home", str(tmp_path), "serve", "--port", "0", "--workers", "2"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
