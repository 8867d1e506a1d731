"""`byline add --engine ray` with a real cluster: the library of the plain run, whatever is lost on the way."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from corpus.library.sqlite import schema
from indexing.errors import ClusterFailed
from indexing.spread import cluster as cluster_of_ours
from tests.service.cli_runs import BYLINE, Run, byline, environment, refusal

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: `pip install '.[ray]'`"),
]

LINES, PAGES = 500, 50
_SECONDS = 60
_CLUSTER = """
import ray, sys
context = ray.init(address="local", num_cpus=2, include_dashboard=False, object_store_memory=100 << 20)
print(context.address_info["gcs_address"], flush=True)
sys.stdin.read()
"""
_TOKEN = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two workers, which takes seconds to start."""
    with subprocess.Popen(
        [sys.executable, "-c", _CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(_TOKEN),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield next(line.strip() for line in process.stdout if re.fullmatch(r"[\d.]+:\d+\n", line))
        process.stdin.close()
        process.wait(_SECONDS)


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of many articles, many files of one, and some that cannot be read."""
    folder = tmp_path_factory.mktemp("articles")
    sentences = [
        f"Ferry {n} sailed at noon. Its captain, number {n % 7}, saw the harbour of Salthaven." for n in range(LINES)
    ]
    (folder / "many.jsonl").write_text(
        "".join(json.dumps({"id": f"a{n}", "text": text}) + "\n" for n, text in enumerate(sentences)) + "not json\n"
    )
    for number in range(PAGES):
        paragraphs = "".join(
            f"<p>{sentence} So the council was told.</p>" for sentence in sentences[number : number + 5]
        )
        page = f"<title>Page {number}</title><body><article><h1>Page {number}</h1>{paragraphs}</article></body>"
        (folder / f"page-{number}.html").write_text(f"<html>{page}</html>")
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    return folder


@dataclass(frozen=True)
class Plain:
    """What came of the plain run."""

    run: Run
    held: dict[str, list[object]]


@pytest.fixture(scope="module")
def plain(articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    home = tmp_path_factory.mktemp("plain")
    return Plain(byline("add", articles, home=home), held(home))


def refused(said: str) -> list[str]:
    """What was not added, without the lines that tell how far a slow run has come."""
    return [line for line in said.splitlines() if not line.startswith("adding: ")]


def held(home: Path) -> dict[str, list[object]]:
    """Every row of every table but those that tell how often was stored, and when."""
    with closing(sqlite3.connect(schema.database(home))) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()  # noqa: S608 - names of our own
            for name in sorted(set(names) - {"commits", "meta"})
        }


@contextmanager
def adding(home: Path, *arguments: str | Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [*BYLINE, "--home", home, "add", "--engine", "ray", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment(variables)) as process:
        try:
            yield process
        finally:
            process.kill()


def commands() -> dict[int, bytes]:
    """What runs on this machine, by process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                found[int(folder.name)] = (folder / "cmdline").read_bytes()
            except OSError:
                continue
    return found


def started_by(process: "subprocess.Popen[bytes]", name: bytes) -> list[int]:
    """The processes of this name that a run has started, directly or not."""
    below, grown = {process.pid}, True
    everything = commands()
    while grown:
        more = {pid for pid in everything if parent(pid) in below} - below
        below, grown = below | more, bool(more)
    return [pid for pid in below if name in everything.get(pid, b"")]


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_a_run_whose_workers_are_killed_leaves_the_library_of_the_plain_run(
    cluster: str, articles: Path, plain: Plain, tmp_path: Path
) -> None:
    killed = set[int]()
    with adding(tmp_path, "--ray-address", cluster, articles, **_TOKEN) as process:
        until = time.monotonic() + _SECONDS
        while len(killed) < 2:
            assert time.monotonic() < until, "no worker was seen at work"
            assert process.poll() is None, process.communicate()
            at_work = [pid for pid, command in commands().items() if command.startswith(b"ray::carried_out")]
            for pid in at_work[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.1)
        out, err = process.communicate(timeout=_SECONDS)
    assert (process.returncode, out.decode()) == (plain.run.status, plain.run.out)
    assert refused(err.decode()) == refused(plain.run.err)
    assert out.decode().startswith(f"{LINES + PAGES} added, 0 updated, 0 unchanged, 2 not readable; ")
    assert held(tmp_path) == plain.held


def test_a_cluster_that_is_gone_is_told_of_and_the_next_run_goes_on(articles: Path, tmp_path: Path) -> None:
    """This one is the run's own: that it starts one where no address is given is shown as well."""
    with adding(tmp_path, articles, RAY_gcs_rpc_server_reconnect_timeout_s="2") as process:
        until = time.monotonic() + _SECONDS
        while not schema.exists(tmp_path) or not held(tmp_path)["articles"]:
            assert time.monotonic() < until
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        ended = [pid for name in (b"/gcs/gcs_server", b"/raylet/raylet") for pid in started_by(process, name)]
        assert len(ended) == 2
        for pid in ended:
            os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=_SECONDS)
    assert process.returncode == 1
    last = err.decode().splitlines()[-1]
    assert last.startswith("error: the Ray cluster is gone ("), err
    assert last.endswith("what was told of is stored, and the same command goes on from there")
    stored = len(held(tmp_path)["articles"])
    assert out.decode().startswith(f"{stored} added, ")
    assert 0 < stored < LINES + PAGES
    again = byline("add", articles, home=tmp_path)
    assert again.out.startswith(f"{LINES + PAGES - stored} added, 0 updated, {stored} unchanged, 2 not readable; ")


def test_a_cluster_that_cannot_be_had_is_an_error_that_names_its_address(articles: Path, tmp_path: Path) -> None:
    said = refusal(byline("add", "--engine", "ray", "--ray-address", "127.0.0.1:9", articles, home=tmp_path))
    assert said.startswith("no Ray cluster can be had at 127.0.0.1:9: ")


def test_workers_that_could_not_follow_a_setting_are_not_started(articles: Path, tmp_path: Path) -> None:
    done = byline("add", "--engine", "ray", articles, home=tmp_path, variables={"BYLINE_DEVICE": "cuda"})
    assert refusal(done) == "BYLINE_DEVICE: workers of a cluster encode on processors, not on cuda"


def test_without_the_engine_nothing_of_ray_is_imported(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry sailed.")
    command = [
        sys.executable,
        "-X",
        "importtime",
        *BYLINE[1:],
        "--home",
        str(tmp_path / "home"),
        "add",
        str(tmp_path / "a.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "indexing.ingest" in imported
    assert not {name for name in imported if name.split(".")[0] == "ray" or name.startswith("indexing.spread.")}


def test_a_server_of_another_kind_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_of_ours, "_CONNECTED_SECONDS", 0.5)
    monkeypatch.setattr(cluster_of_ours, "_END_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ClusterFailed, match=f"at {address}: what listens there does not answer as one"):
            cluster_of_ours.RayCluster(address, processes=1)


def test_an_address_without_the_engine_is_a_wrong_use(tmp_path: Path) -> None:
    done = byline("add", "--shipped", "--ray-address", "127.0.0.1:9", home=tmp_path)
    assert done.status == 2
    assert "--engine ray" in done.err
