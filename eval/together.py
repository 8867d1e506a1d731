"""`python -m eval.together`: what it would save to encode questions that come at the same time in one call.

Of questions of one length, so the most that it could save. The int8 model scales the texts of a batch by one range, so
a question's vector would depend on what else is asked, which the service does not allow.
"""

import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Annotated

import typer

from eval.encoding import in_batches
from eval.reports.markdown import table
from indexing.encoders.backend import Precision
from indexing.encoders.exported import MODEL, export_folder
from service.settings import load_settings

BATCHES = (1, 2, 4, 8)
_QUESTIONS = 160
_PIECES = 16
"""A question of about 12 words."""


def lines(found: dict[int, list[float]]) -> Iterator[str]:
    """The table: medians over rounds."""
    alone = found[BATCHES[0]]
    rows = (
        [str(batch), f"{median(some):.2f}", f"{median(a / b for a, b in zip(some, alone, strict=True)):.2f}"]
        for batch, some in found.items()
    )
    yield from table(["questions in one call", "ms a question", "of alone"], rows)


def main(*, runs: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5) -> None:
    """Print what a question costs, alone and in one call with others, on one thread."""
    settings = load_settings()
    file = export_folder(settings.cache, settings.encoder, Precision.INT8) / MODEL
    ways = {batch: in_batches(file, pieces=_PIECES, threads=1, texts=_QUESTIONS, batch=batch) for batch in BATCHES}
    found: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    for number in range(runs + 1):
        for batch, way in ways.items():
            begun = time.perf_counter()
            way()
            if number:  # the first round warms up
                found[batch].append(1000 * (time.perf_counter() - begun) / _QUESTIONS)
    sys.stdout.writelines(f"{line}\n" for line in lines(found))


if __name__ == "__main__":
    typer.run(main)
