"""One call of `byline bench` from its options to its reports."""

import os
import platform
import signal
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from eval.bench.collection import Collection, beir_collection, recombined_collection
from eval.bench.environments import Tell, python_of
from eval.bench.errors import BadOption, SystemFailed
from eval.bench.figures import Figures
from eval.bench.fronts import measure_services
from eval.bench.offering import Offer, offer
from eval.bench.output import write_all
from eval.bench.report import Report
from eval.bench.rounds import measure_indexing, measure_questions
from eval.bench.scale import check_sizes, measure_sizes
from eval.bench.systems import System
from eval.bench.tables import as_markdown
from eval.bench.wanted import PASSAGES, Wanted
from eval.bench.workplace import Workplace, prepared
from eval.cost.question import machine
from indexing.encoders.source import ModelSource, find_model
from service.compose import Parts
from service.settings import Settings, load_settings


def carry_out(wanted: Wanted, *, offer_load: Offer = offer) -> None:
    """Measures, prints the tables and writes what is to be written. Raises EvalError for what cannot be measured."""
    if not Path("/proc/self/status").exists():
        raise BadOption("byline bench", "memory is read from /proc, which this machine lacks")
    settings = load_settings()
    limit_cores(settings.threads)
    # ended from outside it ends what it started, as when it is interrupted
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    cache, tell = settings.cache, _tell
    if "scale" in wanted.parts:
        check_sizes(cache / "bench" / "scale", wanted.sizes)
    with tempfile.TemporaryDirectory(prefix="byline-bench-") as folder:
        collection = _collection(settings, wanted, Path(folder))
        found, source = Figures(), find_model(settings.encoder)
        work = Workplace(
            systems=_installed(wanted, cache, found, tell),
            collection=collection,
            model=source.folder,
            version=_version(source, settings),
            threads=settings.threads,
            cache=cache,
            figures=found,
            tell=tell,
        )
        _measure(work, wanted, offer_load)
        sizes = wanted.sizes if "scale" in wanted.parts else ()
        report = Report(
            about=_about(settings, wanted, collection),
            systems=wanted.systems,
            figures=found,
            sizes=tuple(measure_sizes(work, sizes, max_tokens=settings.max_tokens)),
        )
    # on standard output first: no file that cannot be written loses the figures
    sys.stdout.write(as_markdown(report))
    sys.stdout.flush()
    write_all(wanted, report)


def _version(source: ModelSource, settings: Settings) -> str:
    made_with = (settings.encoder_backend, settings.encoder_precision, settings.max_tokens, settings.overlap_tokens)
    return repr((source.sha256, *made_with, settings.vector_index, settings.vector_recall))


def limit_cores(threads: int) -> None:
    """Keeps this process and all that it starts to so many cores."""
    allowed = sorted(os.sched_getaffinity(0))
    if threads < len(allowed):
        os.sched_setaffinity(0, allowed[:threads])


def _measure(work: Workplace, wanted: Wanted, offer_load: Offer) -> None:
    parts = set(wanted.parts)
    folders = prepared(work) if parts & {"start", "query", "http"} else {}
    for number in range(wanted.rounds):
        work.tell(f"round {number + 1} of {wanted.rounds}")
        if "indexing" in parts:
            measure_indexing(work, number, passages=wanted.indexed)
        if parts & {"start", "query"}:
            measure_questions(work, folders, number, start="start" in parts, query="query" in parts)
        if "http" in parts:
            measure_services(work, folders, number, offer=offer_load, seconds=wanted.seconds)


def _collection(settings: Settings, wanted: Wanted, folder: Path) -> Collection:
    if wanted.beir is None:
        passages = wanted.passages or PASSAGES
        return recombined_collection(settings, passages=passages, questions=wanted.questions, folder=folder)
    with closing(Parts(settings)) as parts:
        return beir_collection(
            settings,
            wanted.beir,
            encoder=lambda: parts.encoder,
            passages=wanted.passages,
            questions=wanted.questions,
            folder=folder,
        )


def _installed(wanted: Wanted, cache: Path, found: Figures, tell: Tell) -> dict[System, Path]:
    pythons = {}
    for system in wanted.systems:
        try:
            pythons[system] = python_of(system, cache=cache, pip_flags=wanted.pip_flags, tell=tell)
        except SystemFailed as error:
            found.note_failure(system.name, error.reason)
    return pythons


def _about(settings: Settings, wanted: Wanted, collection: Collection) -> tuple[tuple[str, str], ...]:
    versions = ", ".join(f"{system.package} {system.version}" for system in wanted.systems)
    return (
        ("machine", f"{machine()}, {os.cpu_count()} cores, {settings.threads} of them used by each system in turn"),
        ("versions", f"Python {platform.python_version()}, {versions}"),
        ("encoder", f"{settings.encoder}, the same weights for all; Byline's in {settings.encoder_precision}"),
        (
            "collection",
            f"{collection.name}, {collection.size:,} passages, each a document of its own for all; "
            f"{len(collection.questions)} questions, {len(collection.judged)} judged",
        ),
        (
            "rounds",
            f"{wanted.rounds}, in turns; {min(wanted.indexed, collection.size):,} passages indexed in each",
        ),
        (
            "over HTTP",
            "each service as it starts by default, in one process; questions come again, and Byline keeps none of"
            " their vectors here; the load is made on the same cores",
        ),
        ("date", time.strftime("%Y-%m-%d")),
    )


def _tell(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()
