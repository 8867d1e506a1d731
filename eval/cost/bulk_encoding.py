"""`python -m eval.cost.bulk_encoding`: passages a second of `byline add`, plain and with Ray, by turns in one run.

Both have the same number of threads, which are threads of one process in the plain run and processes of a local cluster
with Ray, so the ratio says what the spreading itself costs: a cluster of more machines has more of them.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from corpus.articles import shipped_articles
from corpus.errors import UnreadableArticle
from corpus.gather import Found, read_files
from corpus.listing import Listing
from corpus.readers.reading import Reading
from corpus.seen import Seen
from eval.collection import drafts_of
from eval.cost.recombined import recombined
from eval.errors import EvalError
from indexing.ingest import Draft, Ingester
from service.compose import Parts, opened
from service.settings import Settings, load_settings
from service.spreading import spread


@dataclass(frozen=True, slots=True)
class Run:
    """One way's run of one round."""

    start: float
    """Seconds until it took articles: the encoder's, and the cluster's."""
    seconds: float
    """From the first file that was read to the last article that was stored."""
    passages: int

    @property
    def rate(self) -> float:
        """Passages a second, without the start."""
        return self.passages / self.seconds


@dataclass(frozen=True, slots=True)
class _Way:
    ingester: Ingester
    ahead: Callable[[Listing], Iterator[Path]]
    reading: Reading


def measure(*, passages: int, rounds: int, processes: int) -> list[tuple[Run, Run]]:
    """The plain run and that with Ray of each round, in turns; which is first alternates. Raises ClusterFailed."""
    settings, measured = load_settings(), list[tuple[Run, Run]]()
    with TemporaryDirectory(prefix="byline-bulk-") as folder:
        files = Path(folder) / "files"
        _write(files, passages=passages)
        for number in range(rounds):
            found = dict[bool, Run]()
            for spread in (number % 2 == 0, number % 2 == 1):
                home = Path(folder) / f"home-{number}-{spread}"
                found[spread] = _run(settings.model_copy(update={"home": home, "threads": processes}), files, spread)
            if found[True].passages != found[False].passages:
                raise EvalError(f"Ray stored {found[True].passages} passages, the plain run {found[False].passages}")
            measured.append((found[False], found[True]))
    return measured


def _write(folder: Path, *, passages: int) -> None:
    """Files of some passages each, of the shipped articles' sentences."""
    folder.mkdir()
    shipped = [draft.article for draft in drafts_of([shipped_articles()])]
    for article in recombined(shipped, passages=passages, max_tokens=load_settings().max_tokens):
        (folder / f"{article.id}.txt").write_text(article.text, encoding="utf-8")


def _run(settings: Settings, files: Path, spread: bool) -> Run:  # noqa: FBT001 - the two ways
    begun = time.perf_counter()
    with opened(settings) as parts, _ray(parts) if spread else _plain(parts) as way, Listing([files]) as listing:
        ready = time.perf_counter()
        with Seen() as taken:
            found = read_files(
                way.ahead(listing), differing_origin=lambda _: None, replace=False, taken=taken, reading=way.reading
            )
            stored = sum(each.passages for each in way.ingester.put_all(map(_draft, found)))
        return Run(ready - begun, time.perf_counter() - ready, stored)


def _draft(item: Found | UnreadableArticle) -> Draft:
    if isinstance(item, UnreadableArticle):
        raise item
    return Draft(item.article, item.origin)


@contextmanager
def _plain(parts: Parts) -> Iterator[_Way]:
    yield _Way(parts.ingester, iter, parts.reading)


@contextmanager
def _ray(parts: Parts) -> Iterator[_Way]:
    with spread(parts, None) as (ingester, reading):
        yield _Way(ingester, reading.ahead, reading)


def report(measured: list[tuple[Run, Run]], *, processes: int) -> str:
    """The ratio, and both ways as a table."""
    ratios = sorted(ray.rate / plain.rate for plain, ray in measured)
    lines = [
        f"Ray's rate to the plain run's, of each round: {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        "",
        "| `byline add` | passages/s | start s | passages |",
        "|---|---|---|---|",
    ]
    for name, runs in (
        (f"plain, {processes} threads", [plain for plain, _ in measured]),
        (f"Ray, {processes} processes", [ray for _, ray in measured]),
    ):
        rate, start = median(run.rate for run in runs), median(run.start for run in runs)
        lines.append(f"| {name} | {rate:.0f} | {start:.1f} | {runs[0].passages:,} |")
    return "\n".join(lines)


def main(
    *,
    passages: Annotated[int, typer.Option(min=1)] = 2500,
    rounds: Annotated[int, typer.Option(min=1)] = 4,
    processes: Annotated[int, typer.Option(min=1, max=256)] = 2,
) -> None:
    """Measure the plain run and Ray by turns, and print one table."""
    # exports the encoder, if no other run has, and warms what is read from disk
    with TemporaryDirectory() as home, opened(load_settings().model_copy(update={"home": Path(home)})) as parts:
        parts.ingester  # noqa: B018 - opens it
    measured = measure(passages=passages, rounds=rounds, processes=processes)
    sys.stdout.write(report(measured, processes=processes) + "\n")


if __name__ == "__main__":
    typer.run(main)
