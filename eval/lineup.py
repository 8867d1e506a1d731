"""Which systems stand in a table: Byline, then its ablations or the baselines, then runs of other systems."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from corpus.library.reading import Library
from eval.ablate import ablations
from eval.collection import OpenParts, articles_of
from eval.evaluation import Entry
from eval.exchange.trec import line_of, read_run
from eval.questions.values import Question
from eval.systems.build import Bench
from eval.systems.constant import AlwaysAbstain, MostCommonAnswers, NeverAbstain
from eval.systems.plain_dense import PlainDense
from eval.systems.protocol import System
from eval.systems.replay import Replay, Run, check_run
from eval.text import printable
from eval.wanted import Wanted
from service.compose import Parts


@contextmanager
def lineup(
    parts: Parts, questions: Sequence[Question], wanted: Wanted, *, documents: bool, open_parts: OpenParts
) -> Iterator[list[Entry]]:
    """For questions with evidence spans, or queries with judged documents, of which nothing answers or abstains."""
    asked = frozenset(question.id for question in questions)
    runs = {file: read_run(file, of_documents=documents) for file in wanted.all_runs}
    for file, run in runs.items():
        check_run(run, parts.library, asked=asked, source=file, of_documents=documents, line_of=partial(line_of, file))
    if wanted.ablate:
        with ablations(parts, answers=not documents, open_parts=open_parts) as entries:
            yield [*entries, *_replays(runs, entries, parts.library)]
        return
    systems = _ranking(parts) if documents else _answering(parts, questions)
    entries = [Entry(system, parts.library) for system in systems]
    yield [*entries, *_replays(runs, entries, parts.library)]


def _answering(parts: Parts, questions: Sequence[Question]) -> list[System]:
    bench = Bench(parts)
    return [
        bench.byline(),
        bench.bm25(),
        bench.dense(),
        *bench.trivial(),
        AlwaysAbstain(),
        NeverAbstain(bench.byline()),
        MostCommonAnswers(questions),
    ]


def _ranking(parts: Parts) -> list[System]:
    bench = Bench(parts, answers=False)
    plain = PlainDense(articles_of(parts), encoder=parts.encoder, cache=parts.settings.cache / "eval")
    return [bench.byline(), bench.bm25(), bench.dense(), plain, *bench.trivial()]


def _replays(runs: Mapping[Path, Run], entries: Sequence[Entry], library: Library) -> list[Entry]:
    """Runs of other systems, each under its file's name, or its whole path where another row has that name."""
    taken = [*(entry.system.name for entry in entries), *(file.name for file in runs)]
    names = {file: printable(file.name if taken.count(file.name) == 1 else str(file.absolute())) for file in runs}
    return [Entry(Replay(run, name=names[file], library=library), library) for file, run in runs.items()]
