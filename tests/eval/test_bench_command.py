"""`byline bench`: what its options may be, and one run of Byline alone with the real encoder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from eval.__main__ import app
from eval.bench.errors import BadOption
from eval.bench.scale import check_sizes
from eval.bench.wanted import PARTS, Wanted, flags_of, parts_of, peers_of, sizes_of


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "indexing,speed"], "--only: 'speed' is none of indexing, start"),
        (["--peers", "plain,elastic"], "--peers: 'elastic' is none of plain"),
        (["--scale", "5000,ten"], "--scale: 'ten' is no number of passages"),
        (["--scale", "999999999999"], "--scale: 999,999,999,999 passages take up to"),
        (["--pip-flags", "'"], "--pip-flags: No closing quotation"),
        (["--json", "/no/such/folder/r.json"], "there is no folder"),
        (["--json", "r", "--plot", "r"], "it is to be written twice"),
        (["--beir", "/no/such/folder"], "/no/such/folder: there is no such folder"),
        (["--only", ","], "--only: ',' is none of indexing, start"),
        (["--only", "scale"], "--only: scale is measured at the sizes that --scale names"),
        (["--peers", " "], "--peers: ' ' is none of plain"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_measured(arguments: list[str], told: str, tmp_path: Path) -> None:
    environment = {"BYLINE_CACHE": str(tmp_path), "COLUMNS": "200", "NO_COLOR": "1"}
    done = CliRunner().invoke(app, ["bench", *arguments], env=environment)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "bench" / "peers").exists()


def test_the_parts_are_those_named_and_the_sizes_only_where_asked_for() -> None:
    assert parts_of(None, scale=False) == PARTS[:-1]
    assert parts_of(None, scale=True) == PARTS
    assert parts_of(" query, indexing", scale=True) == ("indexing", "query")
    assert [peer.name for peer in peers_of("haystack,plain")] == ["plain", "haystack"]
    assert peers_of("none") == ()
    assert len(peers_of("all")) == 5
    assert sizes_of("100000,5000,5000") == (5_000, 100_000)
    assert flags_of("--index-url 'a b'") == ("--index-url", "a b")
    assert [system.name for system in Wanted(peers=()).systems] == ["byline"]


def test_a_disk_that_is_too_small_is_told_of_before(tmp_path: Path) -> None:
    check_sizes(tmp_path, [10, 5])
    with pytest.raises(BadOption, match=r"--scale: 1,000,000,000,000 passages take up to 16000000 GB of disk"):
        check_sizes(tmp_path, [10, 10**12])


def test_loading_the_command_imports_nothing_heavy() -> None:
    heavy = ["numpy", "ir_measures", "faiss", "onnxruntime", "tantivy", "tiktoken"]
    code = f"import sys, eval.bench.command; sys.exit(str([name for name in {heavy} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_every_option_is_explained() -> None:
    said = CliRunner().invoke(app, ["bench", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    for option in ("--only", "--peers", "--beir", "--passages", "--questions", "--indexed", "--rounds", "--seconds",
                   "--scale", "--pip-flags", "--json", "--markdown", "--plot"):  # fmt: skip
        assert option in said


@pytest.mark.model
@pytest.mark.server
def test_byline_alone_is_measured_in_every_part(tmp_path: Path) -> None:
    out = {form: tmp_path / f"r.{form}" for form in ("json", "md", "svg")}
    options = ["--peers", "none", "--passages", "60", "--questions", "4", "--rounds", "1", "--indexed", "20"]
    options += ["--seconds", "0.5", "--scale", "40,200", "--json", str(out["json"]), "--markdown", str(out["md"])]
    done = subprocess.run(
        [sys.executable, "-m", "eval", "bench", *options, "--plot", str(out["svg"])],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BYLINE_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(out["json"].read_text(encoding="utf-8"))
    ours = document["systems"]["byline"]
    assert ours["failed"] == []
    assert {"indexing", "start to first answer", "search, p50", "ask, p50", "search, two callers"} <= set(
        ours["rounds"][0]
    )
    assert {"service, start to first answer", "ask, HTTP at p99 <= 50 ms"} <= set(ours["rounds"][0])
    small, large = document["sizes"]
    assert (small["passages"], small["made"]) == (40, False)
    assert (large["passages"], large["made"]) == (200, True)
    assert large["recall"] >= 0.99
    assert out["md"].read_text(encoding="utf-8") == done.stdout
    assert "200*" in done.stdout
    ET.fromstring(out["svg"].read_text(encoding="utf-8"))  # noqa: S314 - our own
