"""Which systems stand in a table: Byline, then its ablations or the baselines, then runs of other systems."""

from collections.abc import Iterator
from contextlib import contextmanager

from eval.ablate import ablations
from eval.collection import OpenParts, articles_of
from eval.evaluation import Entry
from eval.exchange.trec import read_run
from eval.judging import Judging
from eval.systems.build import Bench
from eval.systems.constant import AlwaysAbstain, MostCommonAnswers, NeverAbstain
from eval.systems.plain_dense import PlainDense
from eval.systems.replay import Replay
from eval.wanted import Wanted
from service.compose import Parts


@contextmanager
def spans_lineup(parts: Parts, judging: Judging, wanted: Wanted, *, open_parts: OpenParts) -> Iterator[list[Entry]]:
    """For questions with answers."""
    bench = Bench(parts)
    runs = [Replay(read_run(file), name=file.name, library=parts.library) for file in wanted.all_runs]
    if wanted.ablate:
        with ablations(parts, answers=True, open_parts=open_parts) as entries:
            yield [*entries, *(Entry(run, parts.library) for run in runs)]
        return
    systems = [
        bench.byline(),
        bench.bm25(),
        bench.dense(),
        *bench.trivial(),
        AlwaysAbstain(),
        NeverAbstain(bench.byline()),
        MostCommonAnswers(judging.questions),
        *runs,
    ]
    yield [Entry(system, parts.library) for system in systems]


@contextmanager
def documents_lineup(parts: Parts, judging: Judging, wanted: Wanted, *, open_parts: OpenParts) -> Iterator[list[Entry]]:  # noqa: ARG001
    """For queries with judged documents: nothing answers or abstains."""
    runs = [Replay(read_run(file), name=file.name) for file in wanted.all_runs]
    if wanted.ablate:
        with ablations(parts, answers=False, open_parts=open_parts) as entries:
            yield [*entries, *(Entry(run, parts.library) for run in runs)]
        return
    bench = Bench(parts, answers=False)
    plain = PlainDense(articles_of(parts), encoder=parts.encoder, cache=parts.settings.cache / "eval")
    systems = [bench.byline(), bench.bm25(), bench.dense(), plain, *bench.trivial(), *runs]
    yield [Entry(system, parts.library) for system in systems]
