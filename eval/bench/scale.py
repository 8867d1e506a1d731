"""Byline alone as its collection grows: each size in a library of its own, which is removed when it is measured."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus.library.reading import Library
from eval.bench.collection import read_documents
from eval.bench.errors import BadOption, SystemFailed
from eval.bench.process import Talk, folder_mb, memory_mb
from eval.bench.systems import ADAPTERS, OURS, K
from eval.bench.workplace import INDEX_SECONDS, REPLY_SECONDS, Workplace, seconds_since
from eval.cost.made import make

GROWN = replace(OURS, adapter=ADAPTERS / "grown_byline.py")
_TELL_EVERY = 50_000
_BYTES_EACH = 16_000
"""Disk for a passage: 8 KB of word pieces, and its vector, text and places in both indexes, some of them twice while
the indexes are built."""


@dataclass(frozen=True, slots=True)
class Size:
    """What one size costs. Milliseconds are of one caller in process."""

    passages: int
    made: bool
    """Whether they are made of the collection's, for being more than those, and not encoded."""
    kind: str
    """Of the vector index."""
    manifest_recall: float
    """As measured when the index was built."""
    recall: float
    """Of the questions asked here, by comparison with every vector."""
    build_s: float
    build_peak_mb: float
    disk_mb: float
    start_s: float
    """From the start of the process to its first answer."""
    resident_mb: float
    """After all questions."""
    ask_p50_ms: float
    """Each question for the first time: from a large library, what it touches is read from disk."""
    ask_p99_ms: float
    again_p50_ms: float
    """The same questions once more, now from memory."""
    search_p50_ms: float
    search_p99_ms: float
    add_ms: float
    """An article of one passage, until a search has found it; median."""


def check_sizes(folder: Path, sizes: Sequence[int]) -> None:
    """Raises BadOption when the disk is too small for one of them; they are not held at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    passages = max(sizes, default=0)
    needed, free = passages * _BYTES_EACH, shutil.disk_usage(folder).free
    if needed > free:
        reason = (
            f"{passages:,} passages take up to {needed / 1e9:.0f} GB of disk, and {folder} has {free / 1e9:.0f} free"
        )
        raise BadOption("--scale", reason)


def measure_sizes(work: Workplace, sizes: Sequence[int], *, max_tokens: int) -> list[Size]:
    """One after the other, smallest first. What one size cannot do is noted and left out."""
    found: list[Size] = []
    folder = work.cache / "bench" / "scale"
    if not sizes:
        return found
    check_sizes(folder, sizes)
    with work.turn(OURS, at="indexing all passages"):
        real = work.index_of(OURS)
        for passages in sorted(sizes):
            home = Path(tempfile.mkdtemp(dir=folder))
            try:
                with work.turn(OURS, at=f"{passages:,} passages"):
                    found.append(_size(_grown(work), home, real, passages, max_tokens=max_tokens))
            finally:
                shutil.rmtree(home, ignore_errors=True)
    return found


def _grown(work: Workplace) -> Workplace:
    """The same with the adapter that a library which grows needs."""
    return replace(work, systems={GROWN: work.systems[OURS]})


def _size(work: Workplace, home: Path, real: Path, passages: int, *, max_tokens: int) -> Size:
    made = passages > work.collection.size
    if made:
        _make(work, home, real, passages, max_tokens)
    with work.talk(GROWN) as process:
        if not made:
            documents = str(work.collection.file)
            process("index", within=INDEX_SECONDS, documents=documents, first=passages, folder=str(home))
        published = process("call", within=INDEX_SECONDS, method="publish", given={"folder": str(home)})
        peak = memory_mb(process.pid, peak=True)
    begun = time.perf_counter()
    with work.talk(GROWN) as process:
        process("open", within=REPLY_SECONDS, folder=str(home))
        _ask(process, "search", work.collection.questions[:1])
        start = seconds_since(begun)
        asked = _ask(process, "ask", work.collection.questions)
        again = _ask(process, "ask", work.collection.questions)
        searched = _ask(process, "search", work.collection.questions)
        resident = memory_mb(process.pid)
        add = _add(work, process)
        given = {"questions": work.collection.questions, "k": K}
        recall = process("call", within=REPLY_SECONDS, method="recall", given=given)["value"]
    return Size(
        passages=passages,
        made=made,
        kind=published["value"]["kind"],
        manifest_recall=published["value"]["recall"],
        recall=recall,
        build_s=published["ms"] / 1000,
        build_peak_mb=peak,
        disk_mb=folder_mb(home),
        start_s=start,
        resident_mb=resident,
        ask_p50_ms=float(np.percentile(asked, 50)),
        ask_p99_ms=float(np.percentile(asked, 99)),
        again_p50_ms=float(np.percentile(again, 50)),
        search_p50_ms=float(np.percentile(searched, 50)),
        search_p99_ms=float(np.percentile(searched, 99)),
        add_ms=add,
    )


def _make(work: Workplace, home: Path, real: Path, passages: int, max_tokens: int) -> None:
    told = 0

    def on_commit(written: int) -> None:
        nonlocal told
        if written - told >= _TELL_EVERY:
            told = written
            work.tell(f"{OURS.name}: {written:,} of {passages:,} passages made")

    library = Library(real)
    try:
        make(home, of=library, passages=passages, max_tokens=max_tokens, on_commit=on_commit)
    finally:
        library.close()


def _ask(process: Talk, way: str, questions: Sequence[str]) -> list[float]:
    """Milliseconds of every question, asked once, after some that are not counted."""
    times: list[float] = process("ask", within=REPLY_SECONDS, way=way, questions=questions, k=K, warm=True)["ms"]
    return times


def _add(work: Workplace, process: Talk, *, times: int = 5) -> float:
    """Median milliseconds of adding one article that a search then finds, removed again each time."""
    document = next(read_documents(work.collection.file))
    took = []
    for number in range(times + 1):
        given = {"title": f"An addition of the quux sort {number}", "text": document.text}
        done = process("call", within=REPLY_SECONDS, method="add", given=given)
        if not done["value"]:
            raise SystemFailed(OURS.name, "an article that was added is not found")
        process("call", within=REPLY_SECONDS, method="remove", given={})
        took.append(done["ms"])
    return float(np.median(took[1:]))
