"""`python -m eval.sweep`: the table that the splitter's parameters were chosen by, on dev questions only."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from corpus.articles import shipped_articles
from eval.collection import OpenParts, drafts_of, fill, untitled
from eval.evaluation import Entry, comparison, evaluate_spans
from eval.judging import choose, of_spans
from eval.measure import Measured
from eval.questions.split import Split
from eval.reports import figures
from eval.reports.markdown import table
from eval.summary import Estimates
from eval.systems.build import Bench
from eval.told import telling_errors
from indexing.ingest import Draft
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads

HEAD = """# The splitter's parameters

What `python -m eval.sweep FOLDER...` prints, on dev questions only. `bound` and `overlap` are tiktoken `o200k_base`
tokens, `title` says whether the article's title is put in front of what is encoded and indexed. A passage never exceeds
what the encoder reads (256 word pieces), which cuts the larger bounds. The span measures look at the first 512 tokens
returned, which makes small and large passages comparable; recall@5 and nDCG@10 favour large ones. Brackets hold 95 %
bootstrap intervals; the last columns are differences from the configured setting, the first row, with the
p of a paired randomisation test.
"""
METRICS = ("recall@5", "nDCG@10", "span recall", "span precision", "contained if forced")
TESTED = ("nDCG@10", "span recall")
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


@dataclass(frozen=True, slots=True)
class Found:
    """What Byline makes of a collection that is split one way."""

    passages: int
    measured: Measured
    overall: Estimates


def variants(shipped: Variant) -> list[Variant]:
    """The configured setting, every bound with and without overlap, and the configured one without the title prefix."""
    crossed = [Variant(bound, round(share * bound)) for bound in _BOUNDS for share in _OVERLAP_SHARES]
    return [*dict.fromkeys([shipped, *crossed]), replace(shipped, titled=False)]


def measure(variant: Variant, collection: Collection, settings: Settings, *, open_parts: OpenParts = Parts) -> Found:
    """Byline on the dev questions."""
    with tempfile.TemporaryDirectory(prefix="byline-sweep-") as home:
        changed = settings.in_sqlite(Path(home)).model_copy(
            update={"max_tokens": variant.max_tokens, "overlap_tokens": variant.overlap_tokens}
        )
        with closing(open_parts(changed)) as parts:
            left_out = () if collection.questions is None else (collection.questions,)
            fill(parts, _titled(drafts_of([collection.articles], left_out), titled=variant.titled))
            judging = of_spans(choose(collection.questions, split=Split.DEV), parts.library)
            answers = any(question.answers for question in judging.questions)
            system = Bench(parts, answers=answers).byline()
            evaluation = evaluate_spans([Entry(system, parts.library)], judging.judged, k=50)
            with parts.library.snapshot() as snapshot:
                passages = snapshot.counts().passages
        return Found(passages, evaluation.measured[0], evaluation.summaries[0].overall)


def report(collection: Collection, settings: Settings, *, open_parts: OpenParts = Parts) -> Iterator[str]:
    """The collection's table as Markdown; a row is measured when its line is asked for."""
    shipped, *others = variants(Variant(settings.max_tokens, settings.overlap_tokens))
    held = measure(shipped, collection, settings, open_parts=open_parts)
    names = [name for name in METRICS if name in held.overall]
    rows = (
        _row(variant, measure(variant, collection, settings, open_parts=open_parts), names, against=held)
        for variant in others
    )
    head = ["bound", "overlap", "title", "passages", *names, *(f"{name}, difference" for name in TESTED)]
    yield f"## {collection.name}"
    yield ""
    yield from table(head, chain([_row(shipped, held, names, against=None)], rows))


def _row(variant: Variant, found: Found, names: Sequence[str], *, against: Found | None) -> list[str]:
    return [
        str(variant.max_tokens),
        str(variant.overlap_tokens),
        "yes" if variant.titled else "no",
        str(found.passages),
        *(f"{figures.value(found.overall[name])} [{figures.short_interval(found.overall[name])}]" for name in names),
        *("as set" if against is None else _difference(against, found, name) for name in TESTED),
    ]


def _difference(first: Found, second: Found, metric: str) -> str:
    told = comparison(first.measured, second.measured, metric=metric)
    return f"{figures.signed(told.difference)}, {figures.p_value(told.p)}"


def _titled(drafts: Iterator[Draft], *, titled: bool) -> Iterator[Draft]:
    return (draft if titled else replace(draft, article=untitled(draft.article)) for draft in drafts)


def main(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders with articles and a questions.jsonl, beside the shipped set.")
    ] = None,
) -> None:
    """Print the tables, row by row."""
    settings = load_settings()
    limit_threads(settings.threads)
    given = [Collection(folder.resolve().name, folder, folder / "questions.jsonl") for folder in folders or ()]
    sys.stdout.write(f"{HEAD}\n")
    with telling_errors():
        for collection in [Collection("shipped", shipped_articles(), None), *given]:
            for line in report(collection, settings):
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            sys.stdout.write("\n")


if __name__ == "__main__":
    typer.run(main)
