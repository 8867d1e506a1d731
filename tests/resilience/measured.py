"""What each hostile file takes of the process that reads it: `python -m tests.resilience.measured`. Linux only."""

import re
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from corpus.errors import UnreadableArticle
from corpus.gather import read_files
from corpus.readers.process import ReaderProcess
from corpus.seen import Seen
from tests.resilience.poison import POISON, Poison


def measured(poison: Poison) -> tuple[float, int, str]:
    """Seconds from asking to the last answer, the start of a process included; its peak resident MB; the outcome."""
    with tempfile.TemporaryDirectory() as folder, closing(ReaderProcess()) as reading, Seen() as taken:
        file = Path(folder) / poison.name
        poison.make(file)
        begun = time.perf_counter()
        found = read_files([file], differing_origin=lambda _: None, replace=True, taken=taken, reading=reading)
        outcome, peak = "", 0
        for item in found:
            outcome = outcome or (item.reason if isinstance(item, UnreadableArticle) else "taken in")
            peak = max(peak, _peak_mb(reading))
        return time.perf_counter() - begun, max(peak, _peak_mb(reading)), outcome


def _peak_mb(reading: ReaderProcess) -> int:
    if reading._child is None:
        return 0
    status = Path(f"/proc/{reading._child._process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """Prints a table, a file a line."""
    sys.stdout.write("| file | seconds | peak MB | first outcome |\n|---|---|---|---|\n")
    for name, poison in POISON.items():
        seconds, peak, outcome = measured(poison)
        sys.stdout.write(f"| {name} | {seconds:.1f} | {peak} | {outcome[:80]} |\n")


if __name__ == "__main__":
    main()
