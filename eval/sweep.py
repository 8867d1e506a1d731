"""`python -m eval.sweep`: the table that the splitter's parameters were chosen by, on dev questions only."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from corpus.articles import shipped_articles
from eval.collection import OpenParts, closed, drafts_of, fill
from eval.evaluation import Entry, evaluate_spans
from eval.judging import of_spans
from eval.questions.split import Split
from eval.reports import figures
from eval.reports.markdown import table
from eval.summary import Estimates
from eval.systems.build import Bench
from indexing.ingest import Draft
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads

HEAD = """# The splitter's parameters

What `python -m eval.sweep FOLDER...` prints, on dev questions only. `bound` and `overlap` are tiktoken `o200k_base`
tokens, `title` says whether the article's title is put in front of what is encoded and indexed. A passage never exceeds
what the encoder reads (256 word pieces), which cuts the larger bounds. The span measures look at the first 512 tokens
returned, which makes small and large passages comparable; recall@5 and nDCG@10 favour large ones.
"""
METRICS = ("recall@5", "nDCG@10", "span recall", "span precision")
_BOUNDS = (64, 96, 128, 160, 200, 240)
_OVERLAP_SHARES = (0.0, 0.25)


@dataclass(frozen=True, slots=True)
class Variant:
    """One setting of the splitter."""

    max_tokens: int
    overlap_tokens: int
    titled: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """Articles and questions about them; None for the shipped questions."""

    name: str
    articles: Path
    questions: Path | None


def variants(shipped: Variant) -> list[Variant]:
    """Every bound with and without overlap, and the shipped setting without the title prefix."""
    crossed = [Variant(bound, round(share * bound)) for bound in _BOUNDS for share in _OVERLAP_SHARES]
    return [*dict.fromkeys([*crossed, shipped]), replace(shipped, titled=False)]


def measure(
    variant: Variant, collection: Collection, settings: Settings, *, open_parts: OpenParts = Parts
) -> tuple[int, Estimates]:
    """The number of passages, and the retrieval measures of Byline on the dev questions."""
    with tempfile.TemporaryDirectory(prefix="byline-sweep-") as home:
        changed = settings.model_copy(
            update={"home": Path(home), "max_tokens": variant.max_tokens, "overlap_tokens": variant.overlap_tokens}
        )
        with closed(open_parts(changed)) as parts:
            left_out = () if collection.questions is None else (collection.questions,)
            fill(parts, _titled(drafts_of([collection.articles], left_out), titled=variant.titled))
            judging = of_spans(collection.questions, parts.library, split=Split.DEV)
            system = Bench(parts, answers=False).byline()
            found = evaluate_spans([Entry(system, parts.library)], judging.judged, k=50)
            with parts.library.snapshot() as snapshot:
                passages = snapshot.counts().passages
        return passages, found.summaries[0].overall


def report(collections: Sequence[Collection], settings: Settings) -> Iterator[str]:
    """The table as Markdown; a row is measured when its line is asked for."""
    shipped = Variant(settings.max_tokens, settings.overlap_tokens)
    measured = [f"{one.name}: {name}" for one in collections for name in ("passages", *METRICS)]
    rows = (_row(variant, collections, settings, shipped) for variant in variants(shipped))
    return table(["bound", "overlap", "title", *measured], rows)


def _row(variant: Variant, collections: Sequence[Collection], settings: Settings, shipped: Variant) -> list[str]:
    mark = " (shipped)" if variant == shipped else ""
    cells = [f"{variant.max_tokens}{mark}", str(variant.overlap_tokens), "yes" if variant.titled else "no"]
    for collection in collections:
        passages, estimates = measure(variant, collection, settings)
        cells += [str(passages), *(figures.value(estimates.get(name)) for name in METRICS)]
    return cells


def _titled(drafts: Iterator[Draft], *, titled: bool) -> Iterator[Draft]:
    # an article must have a title; one full stop is one word piece and no term
    return (draft if titled else replace(draft, article=replace(draft.article, title=".")) for draft in drafts)


def main(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders with articles and a questions.jsonl, beside the shipped set.")
    ] = None,
) -> None:
    """Print the table, row by row."""
    settings = load_settings()
    limit_threads(settings.threads)
    given = [Collection(folder.resolve().name, folder, folder / "questions.jsonl") for folder in folders or ()]
    sys.stdout.write(f"{HEAD}\n")
    for line in report([Collection("shipped", shipped_articles(), None), *given], settings):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
