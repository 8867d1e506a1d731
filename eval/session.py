"""One call of `byline eval` from its options to its output."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from corpus.articles import shipped_articles
from eval.ablate import ablations
from eval.collection import OpenParts, closed, indexed
from eval.errors import BadQuestions, UnknownSystem
from eval.evaluation import Entry, Evaluation, evaluate_documents, evaluate_spans
from eval.exchange.beir import Beir, read_beir
from eval.exchange.trec import read_run, write_qrels, write_run
from eval.measure import Measured
from eval.metrics.paired import Comparison
from eval.metrics.relevance import article_qrels, by_article, passage_qrels
from eval.questions import shipped_questions
from eval.questions.gold import judge
from eval.questions.reading import read_questions
from eval.questions.split import Split, in_split
from eval.questions.values import Judged
from eval.reports import html, markdown, plain_json
from eval.reports.model import Report, head_to_head, report_of
from eval.reports.terminal import print_comparison, print_report
from eval.systems.build import Bench
from eval.systems.constant import AlwaysAbstain, MostCommonAnswers, NeverAbstain
from eval.systems.replay import Replay
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one call; each as the command's help says."""

    questions: Path | None = None
    articles: tuple[Path, ...] = ()
    beir: Path | None = None
    split: str | None = None
    k: int = 100
    runs: tuple[Path, ...] = ()
    ablate: bool = False
    compare: tuple[str, str] | None = None
    json: Path | None = None
    markdown: Path | None = None
    html: Path | None = None
    save_run: Path | None = None
    save_qrels: Path | None = None

    @property
    def runs_to_read(self) -> tuple[Path, ...]:
        """Runs that are named, also those only a comparison names."""
        compared = [Path(name) for name in self.compare or () if Path(name).is_file()]
        return tuple(dict.fromkeys([*self.runs, *compared]))


def carry_out(wanted: Wanted, *, home: Path | None, open_parts: OpenParts = Parts) -> None:
    """Evaluates, prints the table and writes what is to be written. Raises EvalError for what cannot be evaluated."""
    settings = load_settings(home=home)
    limit_threads(settings.threads)
    out, err = Console(file=sys.stdout, highlight=False), Console(stderr=True, highlight=False)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        indexing, asking = progress.add_task("Indexing", total=None), progress.add_task("Asking", total=None)
        with _opened(settings, wanted, home, open_parts, lambda: progress.advance(indexing)) as parts:
            progress.update(indexing, total=1, completed=1)
            report, qrels = _evaluated(parts, wanted, open_parts, lambda: progress.advance(asking))
    print_report(report, out)
    compared: Sequence[Comparison] = ()
    if wanted.compare is not None:
        compared = head_to_head(*(_named(report.evaluation, name) for name in wanted.compare))
        print_comparison(compared, out)
    _write(wanted, report, compared, qrels)


def _evaluated(parts: Parts, wanted: Wanted, open_parts: OpenParts, on_question: "Callable[[], None]") -> "tuple[Report, Qrels]":
    ...
