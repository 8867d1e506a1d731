"""One call of `byline eval` from its options to its output."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from corpus.articles import shipped_articles
from eval.cached import indexed
from eval.collection import OpenParts
from eval.errors import UnknownSystem
from eval.judging import Chosen, DocumentJudging, Judging, choose, of_documents, of_spans
from eval.lineup import lineup
from eval.metrics.paired import Comparison
from eval.output import write_all
from eval.reports.model import head_to_head, report_of
from eval.reports.terminal import print_comparison, print_report
from eval.wanted import Wanted
from service.compose import Parts
from service.settings import Settings, load_settings


def carry_out(wanted: Wanted, *, home: Path | None, open_parts: OpenParts = Parts) -> None:
    """Evaluates, prints the table and writes what is to be written. Raises EvalError for what cannot be evaluated."""
    settings = load_settings(home=home)
    out, err = Console(file=sys.stdout, highlight=False), Console(stderr=True, highlight=False)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        # a mistake in the folder is told before thousands of articles are indexed
        asked: DocumentJudging | Chosen
        if wanted.beir is not None:
            asked = of_documents(wanted.beir, split=wanted.split or "test")
        else:
            asked = choose(wanted.questions, split=wanted.split or "all")
        indexing = progress.add_task("Indexing articles", total=None)
        with _opened(settings, wanted, home, open_parts, lambda: progress.advance(indexing)) as parts:
            progress.update(indexing, visible=False)
            asking = progress.add_task("Asking questions", total=None)
            judging: Judging
            if isinstance(asked, DocumentJudging):
                asked.check(parts.library)
                judging, documents = asked, True
            else:
                judging, documents = of_spans(asked, parts.library), False
            with lineup(parts, asked.questions, wanted, documents=documents, open_parts=open_parts) as entries:
                # a misspelt name is told before everything is measured
                rows = [_row(name, [entry.system.name for entry in entries]) for name in wanted.compare or ()]
                progress.update(asking, total=len(entries) * len(judging.questions))
                evaluation = judging.evaluate(entries, k=wanted.k, on_question=lambda: progress.advance(asking))
            qrels = judging.qrels(evaluation)
    report = report_of(evaluation, title=judging.title, about=[*judging.about, *_settings(settings, wanted)])
    print_report(report, out)
    compared: tuple[Comparison, ...] = ()
    if rows:
        by_name = {measured.system: measured for measured in evaluation.measured}
        first, second = (by_name[row] for row in rows)
        compared = tuple(head_to_head(first, second))
        print_comparison(compared, out)
    write_all(wanted, report, compared, qrels)


@contextmanager
def _opened(
    settings: Settings, wanted: Wanted, home: Path | None, open_parts: OpenParts, on_article: Callable[[], None]
) -> Iterator[Parts]:
    """The library to ask: the files', else the user's own where one is named or questions about it are."""
    if wanted.beir is not None:
        paths: tuple[Path, ...] = (wanted.beir / "corpus.jsonl",)
    elif wanted.articles or wanted.questions is not None or home is not None:
        paths = wanted.articles
    else:
        paths = (shipped_articles(),)
    if paths:
        left_out = (wanted.questions,) if wanted.questions is not None else ()
        with indexed(settings, paths, leave_out=left_out, open_parts=open_parts, on_article=on_article) as parts:
            yield parts
    else:
        with closing(open_parts(settings)) as parts:
            yield parts


def _settings(settings: Settings, wanted: Wanted) -> list[tuple[str, str]]:
    reranker = [] if settings.reranker is None else [("reranker", settings.reranker)]
    return [
        ("encoder", f"{settings.encoder}, {settings.encoder_backend}, {settings.encoder_precision}"),
        *reranker,
        ("passages", f"{settings.max_tokens} tokens, {settings.overlap_tokens} overlapping, {wanted.k} asked for"),
        ("abstains below", f"{settings.answerable_threshold:g}"),
    ]


def _row(name: str, systems: Sequence[str]) -> str:
    """The row that a comparison means: that of this name, else that of the run in this file. Raises UnknownSystem."""
    for row in (name, str(Path(name).absolute()), Path(name).name):
        if row in systems:
            return row
    raise UnknownSystem(name, list(systems))
