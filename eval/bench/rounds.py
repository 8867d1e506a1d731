"""Measurements in process: indexing, start-up, latency, throughput and memory, the systems taking turns."""

import time
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np

from eval.bench import figures
from eval.bench.collection import best_articles
from eval.bench.errors import SystemFailed
from eval.bench.process import Talk, memory_mb
from eval.bench.systems import K, System
from eval.bench.workplace import INDEX_SECONDS, REPLY_SECONDS, Workplace, seconds_since
from eval.metrics.ranked import ARTICLES, ranked
from eval.systems.protocol import Returned

_THROUGHPUT_SECONDS = 4.0
_DEEP = 50
"""Passages asked for when articles are judged: enough for ten articles."""
_QUALITY = "article nDCG@10"


def measure_indexing(work: Workplace, number: int, *, passages: int) -> None:
    """One round: each system indexes the first so many passages into a folder of its own."""
    for system in work.in_turn(number):
        folder = mkdtemp(prefix="byline-bench-")
        try:
            with work.turn(system, at="indexing"), work.talk(system) as process:
                done = process(
                    "index",
                    within=INDEX_SECONDS,
                    documents=str(work.collection.file),
                    first=passages,
                    folder=folder,
                )
                work.figures.note(system.name, number, figures.INDEXING, done["documents"] / done["seconds"])
                work.figures.note(system.name, number, figures.INDEXING_PEAK, memory_mb(process.pid, peak=True))
        finally:
            rmtree(folder, ignore_errors=True)


def measure_questions(work: Workplace, folders: dict[System, Path], number: int, *, start: bool, query: bool) -> None:
    """One round: each system opens its index and answers a question, then all of them if `query` says so."""
    for system in (system for system in work.in_turn(number) if system in folders):
        folder = folders[system]
        with work.turn(system, at="questions" if query else "start"):
            begun = time.perf_counter()
            with work.talk(system) as process:
                process("open", within=REPLY_SECONDS, folder=str(folder))
                _ask(process, system.ways[0].name, work.collection.questions[:1])
                if start:
                    work.figures.note(system.name, number, figures.START, seconds_since(begun))
                    work.figures.note(system.name, number, figures.START_MB, memory_mb(process.pid))
                if query:
                    _time_questions(work, system, process, number)
                if query and number == 0 and work.collection.qrels:
                    _judge(work, system, process)
                if query:
                    # last, as some cannot be asked from two threads and crash
                    _measure_throughput(work, system, process, number)


def _time_questions(work: Workplace, system: System, process: Talk, number: int) -> None:
    # what one way has read is warm for the next, so another one is the first in every round
    for way in system.ways[:: 1 if number % 2 else -1]:
        times = _ask(process, way.name, work.collection.questions, warm=True)[0]
        work.figures.note(system.name, number, figures.p50(way.name), float(np.percentile(times, 50)))
        work.figures.note(system.name, number, figures.p90(way.name), float(np.percentile(times, 90)))
    work.figures.note(system.name, number, figures.MEMORY, memory_mb(process.pid))
    work.figures.note(system.name, number, figures.PEAK, memory_mb(process.pid, peak=True))


def _measure_throughput(work: Workplace, system: System, process: Talk, number: int) -> None:
    for way in system.ways:
        try:
            done = process(
                "throughput",
                within=REPLY_SECONDS,
                way=way.name,
                questions=work.collection.questions,
                k=K,
                threads=2,
                seconds=_THROUGHPUT_SECONDS,
            )
        except SystemFailed as error:
            work.figures.note_failure(system.name, f"two callers: {error.reason}")
        else:
            work.figures.note(system.name, number, figures.two_threads(way.name), done["per_second"])


def _judge(work: Workplace, system: System, process: Talk) -> None:
    """nDCG@10 of the articles that the first way finds, once: it is the same in every round."""
    asked = work.collection.judged
    _, found = _ask(process, system.ways[0].name, tuple(asked.values()), k=_DEEP)
    run = {
        question: [Returned(article, None, 0.0) for article in best_articles(ids, k=_DEEP)]
        for question, ids in zip(asked, found, strict=True)
    }
    values = ranked({_QUALITY: ARTICLES[_QUALITY]}, run, work.collection.qrels)[_QUALITY]
    work.figures.note(system.name, 0, figures.QUALITY, float(np.mean(list(values.values()))))


def _ask(
    process: Talk, way: str, questions: tuple[str, ...], *, k: int = K, warm: bool = False
) -> tuple[list[float], list[list[str]]]:
    """Milliseconds and ids found of each question."""
    reply = process("ask", within=REPLY_SECONDS, way=way, questions=questions, k=k, warm=warm)
    return reply["ms"], reply["ids"]
