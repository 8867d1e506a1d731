"""`byline add` as a process that is interrupted, killed and started again."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from corpus.library.sqlite import schema
from tests.service.cli_runs import BYLINE, byline, environment, succeeded

pytestmark = pytest.mark.model

COUNT = 600
LINES = [json.dumps({"id": f"a{n}", "text": f"Ferry {n} sailed at noon."}) + "\n" for n in range(COUNT)]
_SECONDS = 60


def stored_ids(home: Path) -> list[str]:
    if not schema.exists(home):
        return []
    with closing(sqlite3.connect(schema.database(home))) as connection:
        return [row[0] for row in connection.execute("SELECT article_id FROM articles ORDER BY revision_id")]


@contextmanager
def midway(home: Path, *arguments: str, before: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A `byline add` that has stored some of the articles and waits for more on standard input."""
    command = [*BYLINE, "--home", str(home), "add", "-", "--format", "jsonl", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment()) as process:
        try:
            assert process.stdin is not None
            process.stdin.write((before + "".join(LINES)).encode())
            process.stdin.flush()
            until = time.monotonic() + _SECONDS
            while not stored_ids(home):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def check_goes_on(home: Path, tmp_path: Path, held: list[str]) -> None:
    """The same articles again: those that are held are passed over, and the others go in."""
    assert held == [f"a{n}" for n in range(len(held))]
    assert 0 < len(held) < COUNT
    with closing(sqlite3.connect(schema.database(home))) as connection:
        passages = connection.execute("SELECT passage_id FROM passages ORDER BY 1").fetchall()
    file = tmp_path / "all.jsonl"
    file.write_text("".join(LINES))
    again = succeeded(byline("add", file, "--replace", home=home))
    assert again.out.startswith(f"{COUNT - len(held)} added, 0 updated, {len(held)} unchanged, 0 not readable; ")
    with closing(sqlite3.connect(schema.database(home))) as connection:
        assert connection.execute("SELECT passage_id FROM passages ORDER BY 1").fetchall()[: len(passages)] == passages
    (commits,) = counted(home)
    assert succeeded(byline("add", file, "--replace", home=home)).out.startswith(f"0 added, 0 updated, {COUNT} unch")
    assert counted(home) == (commits,), "what is stored already takes no commit"


def counted(home: Path) -> tuple[int]:
    with closing(sqlite3.connect(schema.database(home))) as connection:
        (row,) = connection.execute("SELECT value FROM meta WHERE key = 'commit'")
    return (row[0],)


def test_an_interrupt_ends_with_130_and_says_what_went_in_and_the_next_run_goes_on_from_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with midway(home) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=_SECONDS)
    assert process.returncode == 130
    held = stored_ids(home)
    assert out.decode().startswith(f"{len(held)} added, 0 updated, 0 unchanged, 0 not readable; ")
    assert err.decode().splitlines()[-1].startswith("interrupted: ")
    assert "Traceback" not in err.decode()
    check_goes_on(home, tmp_path, held)


def test_the_json_of_an_interrupted_run_is_complete(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with midway(home, "--json") as process:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=_SECONDS)
    assert process.returncode == 130
    report = json.loads(out)
    assert [item["id"] for item in report["added"]] == stored_ids(home)
    assert report["failed"] == []


def test_a_killed_run_leaves_whole_articles_and_the_next_goes_on_from_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with midway(home) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=_SECONDS)
    assert process.returncode == -signal.SIGKILL
    check_goes_on(home, tmp_path, stored_ids(home))
    assert succeeded(byline("doctor", "--json", home=home)).json["sound"] is True


def test_the_json_of_a_run_that_an_error_breaks_off_is_complete(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with midway(home, "--json", before="not json\n") as process:
        held = stored_ids(home)
        database = schema.database(home)
        database.rename(database.with_name("moved"))
        out, err = process.communicate(timeout=_SECONDS)
    assert process.returncode == 1
    report = json.loads(out)
    assert [item["id"] for item in report["added"]][: len(held)] == held
    assert [item["line"] for item in report["failed"]] == [1]
    assert err.decode().splitlines()[-1].startswith("error: ")
