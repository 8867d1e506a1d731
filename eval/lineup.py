"""Which systems stand in a table: Byline, then its ablations or the baselines, then runs of other systems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from corpus.library.reading import Library
from eval.ablate import ablations
from eval.collection import OpenParts, articles_of
from eval.evaluation import Entry
from eval.exchange.trec import read_run
from eval.questions.values import Question
from eval.systems.build import Bench
from eval.systems.constant import AlwaysAbstain, MostCommonAnswers, NeverAbstain
from eval.systems.plain_dense import PlainDense
from eval.systems.replay import Replay
from eval.wanted import Wanted
from service.compose import Parts


@contextmanager
def spans_lineup(
    parts: Parts, questions: Sequence[Question], wanted: Wanted, *, open_parts: OpenParts
) -> Iterator[list[Entry]]:
    """For questions with evidence spans."""
    replays = _replays(wanted.all_runs, parts.library)
    if wanted.ablate:
        with ablations(parts, answers=True, open_parts=open_parts) as entries:
            yield [*entries, *replays]
        return
    bench = Bench(parts)
    systems = [
        bench.byline(),
        bench.bm25(),
        bench.dense(),
        *bench.trivial(),
        AlwaysAbstain(),
        NeverAbstain(bench.byline()),
        MostCommonAnswers(questions),
    ]
    yield [*(Entry(system, parts.library) for system in systems), *replays]


@contextmanager
def documents_lineup(parts: Parts, wanted: Wanted, *, open_parts: OpenParts) -> Iterator[list[Entry]]:
    """For queries with judged documents: nothing answers or abstains."""
    replays = _replays(wanted.all_runs, parts.library)
    if wanted.ablate:
        with ablations(parts, answers=False, open_parts=open_parts) as entries:
            yield [*entries, *replays]
        return
    bench = Bench(parts, answers=False)
    plain = PlainDense(articles_of(parts), encoder=parts.encoder, cache=parts.settings.cache / "eval")
    systems = [bench.byline(), bench.bm25(), bench.dense(), plain, *bench.trivial()]
    yield [*(Entry(system, parts.library) for system in systems), *replays]


def _replays(files: Sequence[Path], library: Library) -> list[Entry]:
    """Runs of other systems, each under its file's name, or its whole path where two files have one name."""
    names = [file.name for file in files]
    return [
        Entry(Replay(read_run(file), name=name if names.count(name) == 1 else str(file), library=library), library)
        for file, name in zip(files, names, strict=True)
    ]
