"""`python -m eval.cost.question [FOLDER]`: what each part of a question costs, beside a plain script in the same run.

Without a folder the collection is made of the shipped articles' sentences (`eval.cost.recombined`), and its figures are
of cost and say nothing of quality. Indexing 10,000 passages takes minutes, once: the library stays in the cache.
"""

import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from eval.cached import indexed
from eval.cost.question_rounds import Round, Times, measure
from eval.cost.recombined import SEED, recombined_library
from eval.exchange.beir import read_beir, splits_of
from eval.questions import shipped_questions
from eval.questions.reading import read_questions
from eval.reports.markdown import table
from eval.told import telling_errors
from indexing.encoders.source import find_model
from indexing.tokens import count_tokens
from service.settings import load_settings
from service.threads import limit_threads

PASSAGES = 10_000
WHOLE, PARTS, PLAIN = "byline", "byline, parts", "sentence-transformers + FAISS"


def questions_of(folder: Path | None, *, most: int) -> list[str]:
    """So many of the shipped questions or of a BEIR folder's judged ones, drawn at random. Raises EvalError."""
    if folder is None:
        found = read_questions(shipped_questions())
    else:
        splits = splits_of(folder) or ["test"]
        found = tuple(query for split in splits for query in read_beir(folder, split=split).queries)
    texts = list(dict.fromkeys(question.text for question in found))
    return [texts[row] for row in np.random.default_rng(SEED).permutation(len(texts))[:most]]


def report(rounds: Sequence[Round]) -> Iterator[str]:
    """The table and the ratio: medians over rounds of each round's percentiles."""
    sides = {
        WHOLE: [one.whole for one in rounds],
        PARTS: [one.parts for one in rounds],
        PLAIN: [one.plain for one in rounds],
    }
    rows = (
        [side, name, *(f"{median(percentile(times, name, at) for times in held):.2f}" for at in (50, 95))]
        for side, held in sides.items()
        for name in held[0][0]
    )
    yield from table(["system", "part", "p50 ms", "p95 ms"], rows)
    ratios = [percentile(one.whole, "total", 50) / percentile(one.plain, "total", 50) for one in rounds]
    yield ""
    yield (
        f"p50 of {WHOLE} to that of {PLAIN}: {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} over "
        f"{len(ratios)} alternating rounds"
    )
    yield "Milliseconds are medians over rounds of each round's percentile over questions."
    yield f"`{WHOLE}` is the engine's `ask` in-process, with the steps that its reply tells; `{PARTS}` are the same"
    yield "calls, in the same order and on the same objects, timed one by one in a pass of their own."


def percentile(times: Times, part: str, at: float) -> float:
    """Over questions, interpolated."""
    return float(np.percentile([one[part] for one in times], at))


def main(
    folder: Annotated[Path | None, typer.Argument(exists=True, file_okay=False, help="BEIR folder.")] = None,
    *,
    passages: Annotated[
        int | None, typer.Option(min=1, help=f"About so many, made of the shipped articles ({PASSAGES}).")
    ] = None,
    questions: Annotated[int, typer.Option(min=1, help="At most so many, drawn at random.")] = 200,
    runs: Annotated[int, typer.Option(min=1, help="Rounds of all questions.")] = 3,
) -> None:
    """Print the cost of each part of a question, and the ratio to a plain script's."""
    if folder is not None and passages is not None:
        raise typer.BadParameter("a folder has as many as it has", param_hint="--passages")
    console = Console(stderr=True)
    with telling_errors():
        settings = load_settings()
        limit_threads(settings.threads)
    with telling_errors(), Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        asked = questions_of(folder, most=questions)
        task = progress.add_task("Indexing articles", total=None)

        def advance() -> None:
            progress.advance(task)

        if folder is None:
            collection = recombined_library(settings, passages=passages or PASSAGES, on_article=advance)
        else:
            collection = indexed(settings, (folder / "corpus.jsonl",), on_article=advance)
        with collection as parts:
            progress.update(task, visible=False)
            with parts.library.snapshot() as snapshot:
                held = snapshot.vectors_after(0)
            model = find_model(settings.encoder).folder
            rounds = measure(parts.settings.home, held, asked, model=model, runs=runs, threads=settings.threads)
    tokens = median(map(count_tokens, held.texts))
    of = folder.resolve().name if folder else "recombined"
    sys.stdout.write(
        f"{len(held.texts)} passages ({of}) of {tokens:.0f} tokens, {len(asked)} questions; {machine()}, "
        f"{os.cpu_count()} cores, {settings.threads} threads\n\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in report(rounds))


def machine() -> str:
    """The processor's name."""
    cpus = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*:\s*(.+)", cpus.read_text()) if cpus.exists() else None
    return named[1] if named else platform.machine()


if __name__ == "__main__":
    typer.run(main)
