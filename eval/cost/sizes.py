"""`python -m eval.cost.sizes`: the bytes of a library and its indexes, part by part, of a collection made or in use.

The made one is as `byline bench --only scale` makes it: its words are few, so a real collection's BM25 dictionary
is larger. The bytes of tables are SQLite's own count of their pages.
"""

import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Annotated

import typer

from corpus.library.reading import Library
from corpus.library.sqlite import schema
from eval.cost.made import make
from eval.cost.recombined import recombined_library
from eval.reports.markdown import table
from indexing.generations.manifest import FOLDER
from indexing.generations.publishing import publish
from service.settings import Settings, load_settings

REAL = 2500
"""Passages that are encoded; what is more than these is made of them."""
_MILLION = 1_000_000
_PARTS: Mapping[str, str] = MappingProxyType({"vectors": "vectors", "pieces": "word pieces", "revisions": "texts"})
"""What tables hold, by how their names and those of their indexes begin; every other one is passages and articles."""
_REST = "passages, articles"
_FILES: Mapping[str, str] = MappingProxyType({"vectors": "FAISS index", "lexical": "BM25 index"})


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes by what they are for."""

    passages: int
    database: Mapping[str, int]
    indexes: Mapping[str, int]

    def per_million(self, size: int) -> str:
        """Megabytes that a million passages take in proportion."""
        return f"{size / self.passages:,.0f}"


def sizes_of(home: Path) -> Sizes:
    """Of the library in `home` and its current generation. Raises LibraryError for none."""
    with closing(Library(home)) as library, library.snapshot() as snapshot:
        passages = snapshot.counts().passages
    with closing(sqlite3.connect(f"{schema.database(home).absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    database = Counter[str]()
    for name, size in found:
        plain = name.removeprefix("sqlite_autoindex_")
        database[next((part for start, part in _PARTS.items() if plain.startswith(start)), _REST)] += size
    indexes = Counter[str]()
    for kind, part in _FILES.items():
        indexes[part] = sum(file.stat().st_size for file in (home / FOLDER).rglob(f"{kind}/*") if file.is_file())
    return Sizes(passages, database, indexes)


def made(settings: Settings, home: Path, *, passages: int) -> float:
    """Fills a library with so many passages, and makes its indexes. Seconds that making and storing them took."""
    with recombined_library(settings, passages=REAL) as parts:
        begun = time.perf_counter()
        make(home, of=parts.library, passages=passages, max_tokens=settings.max_tokens)
        seconds = time.perf_counter() - begun
    with closing(Library(home)) as library:
        publish(library, wait_seconds=settings.write_wait_seconds)
    return seconds


def report(sizes: Sizes) -> str:
    """A table, the largest part of each kind first."""
    rows = [
        [where, part, f"{size / 1e6:,.1f}", sizes.per_million(size)]
        for where, held in (("library.sqlite3", sizes.database), ("indexes", sizes.indexes))
        for part, size in [*sorted(held.items(), key=lambda each: -each[1]), ("**all**", sum(held.values()))]
    ]
    head = ["file", "part", f"MB of {sizes.passages:,} passages", "MB of a million in proportion"]
    return "\n".join(table(head, rows))


def main(
    *,
    passages: Annotated[int, typer.Option(min=1, help="Of the made collection.")] = 100_000,
    home: Annotated[Path | None, typer.Option(help="A library in use, in place of a made one.")] = None,
) -> None:
    """Print what takes how much disk."""
    if home is not None:
        sys.stdout.write(report(sizes_of(home)) + "\n")
        return
    with TemporaryDirectory(prefix="byline-sizes-") as folder:
        seconds = made(load_settings(), Path(folder), passages=passages)
        sys.stdout.write(report(sizes_of(Path(folder))) + "\n")
        sys.stdout.write(f"\none writer made up and stored {passages / seconds:,.0f} passages a second\n")


if __name__ == "__main__":
    typer.run(main)
