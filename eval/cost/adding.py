"""Memory and rate of `byline add` for one JSONL file, and for one of ten times as many articles."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from corpus.articles import shipped_articles
from eval.collection import drafts_of
from eval.cost.recombined import recombined

TIMES = 10
_TOKENS = 30
"""Of an article: a sentence or two, so that many are read, encoded and stored in a short time."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One run of `byline add`, in a process and a library of its own."""

    articles: int
    file_mb: float
    seconds: float
    """From the start of the process to its end, a new index generation included."""
    peak_mb: float
    """The most resident memory that the process had."""


_WATCHER = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(ended.returncode)
"""
"""A process of its own that starts the command: until a program is loaded, its process counts what the one that started
it had resident, and a caller may hold any amount."""


def small_articles(count: int) -> Iterator[dict[str, str]]:
    """So many records of a sentence or two each; the same ones at every call."""
    shipped = [draft.article for draft in drafts_of([shipped_articles()])]
    made = recombined(shipped, passages=count, max_tokens=_TOKENS)
    parts = (part for article in made for part in article.text.split("\n\n"))
    for number, part in enumerate(islice(parts, count)):
        yield {"id": f"small-{number}", "title": "News", "text": part}


def measure(articles: int) -> Taken:
    """Adds so many articles to a new library."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "articles.jsonl"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(record) + "\n" for record in small_articles(articles))
        command = [sys.executable, "-m", "service.cli.main", "--home", str(Path(folder) / "home"), "add", str(file)]
        begun = time.perf_counter()
        peak = peak_bytes(command)
        return Taken(articles, file.stat().st_size / 1e6, time.perf_counter() - begun, peak / 1e6)


def peak_bytes(command: Sequence[str]) -> int:
    """Runs a command to its end; the most resident memory that it had. Raises RuntimeError where it fails."""
    ended = subprocess.run([sys.executable, "-c", _WATCHER, *command], check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {ended.returncode}")
    # Linux counts in KB, macOS in bytes
    return int(ended.stdout) * (1 if sys.platform == "darwin" else 1024)


def report(some: Taken, many: Taken) -> str:
    """Both as a table, and how they differ."""
    lines = ["| articles | file MB | seconds | articles/s | peak MB |", "|---|---|---|---|---|"]
    lines += [
        f"| {each.articles:,} | {each.file_mb:.1f} | {each.seconds:.1f} | {each.articles / each.seconds:.0f} "
        f"| {each.peak_mb:.0f} |"
        for each in (some, many)
    ]
    each_more = (many.peak_mb - some.peak_mb) * 1e3 / (many.articles - some.articles)
    lines.append(
        f"\npeak memory grew {many.peak_mb / some.peak_mb:.2f} times, {each_more:.2f} KB for each article more"
    )
    return "\n".join(lines)


def main() -> None:
    """`python -m eval.cost.adding [--articles N]`: N articles and ten times as many, each added once."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    articles = parser.parse_args().articles
    measure(1)  # exports the encoder, if no other run has
    sys.stdout.write(report(measure(articles), measure(TIMES * articles)) + "\n")


if __name__ == "__main__":
    main()
