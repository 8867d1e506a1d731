"""A library there and back, killed on the way: `python -m tests.resilience.migration HOME QUESTIONS [--kills 3]`.

HOME has a library in SQLite, which is copied and left alone; QUESTIONS has an object with `text` or `question` a line.
A PostgreSQL that keeps what it acknowledged is started for it. Asks the questions three times.
"""

import argparse
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from corpus.library.moving.rowwise import TABLES
from corpus.library.sqlite import schema
from service.compose import Parts
from service.settings import load_settings
from tests.corpus.test_library_moving import MOVE
from tests.postgres import Server, programs, running
from tests.service.cli_runs import BYLINE, environment


def main() -> None:
    """Prints what was done and what it took; the exit status is 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--asked", type=int, default=100)
    chosen = parser.parse_args()
    binaries = programs()
    if binaries is None:
        sys.exit("PostgreSQL is not installed")
    lines = chosen.questions.read_text(encoding="utf-8").splitlines()[: chosen.asked]
    questions = [raw.get("text") or raw["question"] for raw in map(json.loads, lines)]
    with (
        tempfile.TemporaryDirectory(prefix="byline-migration-") as folder,
        running(binaries, fsync="on", full_page_writes="on", max_wal_size="4GB") as server,
    ):
        sys.exit(not _there_and_back(chosen.home, Path(folder) / "home", server, questions, kills=chosen.kills))


def _there_and_back(source: Path, home: Path, server: Server, questions: Sequence[str], *, kills: int) -> bool:
    shutil.copytree(source, home)
    address = server.new_database()
    rows, answers = _rows(home), _answers(home, None, questions)
    sys.stdout.write(f"{schema.database(home).stat().st_size / 1e6:,.0f} MB in SQLite; ")
    sys.stdout.write(f"{len(questions)} questions asked\n")
    seconds = _migrated("postgresql", home, server.new_database())
    sys.stdout.write(f"to postgresql, not killed: {seconds:.1f} s\n")
    # a thousand rows of one table each
    steps = sum(len(table) // 1000 for table in rows)
    _killed("postgresql", home, address, steps, kills)
    sizes = _size(home, address)
    same = _answers(home, address, questions) == answers
    sys.stdout.write(f"{sizes / 1e6:,.0f} MB in PostgreSQL; answers are {'the same' if same else 'OTHERS'}\n")
    for file in home.glob(schema.FILE_NAME + "*"):
        file.unlink()
    _killed("sqlite", home, address, steps, kills)
    back = _rows(home) == rows
    again = _answers(home, None, questions) == answers
    sys.stdout.write(f"every row is {'the one that left' if back else 'NOT the one that left'}; ")
    sys.stdout.write(f"answers are {'the same' if again else 'OTHERS'}\n")
    return same and back and again


def _killed(to: str, home: Path, address: str, steps: int, kills: int) -> None:
    for _ in range(kills):
        # each goes as far again as there is of the whole
        arguments = [str(home), address, to, "Copying", str(len(TABLES) + steps // (kills + 1))]
        done = subprocess.run([sys.executable, "-c", MOVE, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != -signal.SIGKILL:
            raise RuntimeError(f"it was not killed: {done.stderr}")
    seconds = _migrated(to, home, address)
    sys.stdout.write(f"to {to}, killed {kills} times on the way: the last run took {seconds:.1f} s\n")


def _migrated(to: str, home: Path, address: str) -> float:
    """Seconds of a run, its start included."""
    begun = time.perf_counter()
    done = subprocess.run(
        [*BYLINE, "--home", str(home), "migrate", to],
        env=environment({"BYLINE_LIBRARY": address}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    sys.stdout.write(done.stdout)
    return time.perf_counter() - begun


def _answers(home: Path, address: str | None, questions: Sequence[str]) -> list[object]:
    settings = load_settings(home=home).model_copy(update={"library": None if address is None else SecretStr(address)})
    with closing(Parts(settings)) as parts:
        found = [parts.engine.ask(question, k=10) for question in questions]
        return [(one.outcome, one.answerable, one.hits) for one in found]


def _size(home: Path, address: str) -> int:
    settings = load_settings(home=home).model_copy(update={"library": SecretStr(address)})
    with closing(Parts(settings)) as parts, parts.library.snapshot() as snapshot:
        return snapshot.size()


def _rows(home: Path) -> list[list[object]]:
    with closing(sqlite3.connect(schema.database(home))) as connection:
        return [connection.execute(f"SELECT * FROM {table.name} ORDER BY 1, 2").fetchall() for table in TABLES]  # noqa: S608 - fixed names


if __name__ == "__main__":
    main()
