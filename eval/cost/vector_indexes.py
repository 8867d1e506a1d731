"""`python -m eval.cost.vector_indexes FOLDER`: kinds of vector index side by side, by what real questions find in them.

FOLDER is a BEIR folder, whose queries are the questions. Each index is
asked for as many candidates as the core asks for. Passages are encoded once; a larger collection is made of them
by moving vectors at random, to a cosine of 0.9 with their original.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import faiss
import numpy as np
import typer
from numpy.typing import NDArray

from corpus.library.records import Vectors
from eval.cached import indexed
from eval.cost.question import machine, questions_of
from eval.reports.markdown import table
from eval.told import telling_errors
from indexing.encoders.protocol import Embedding, Embeddings
from indexing.encoders.steps import unit
from indexing.ranking import Selection
from indexing.vectors import choose
from indexing.vectors.plan import Plan
from indexing.vectors.recall import Rows, nearest, recall
from service.core.retrieve import CANDIDATES
from service.settings import load_settings
from service.threads import limit_threads

COSINE = 0.9
"""Of a made vector with the real one it comes from."""
_BLOCK = 50_000
_EVERYTHING = Selection()
_RESCORED = 3 * CANDIDATES
"""Vectors compared after codes: by the product for so many candidates, and here by the others as well."""

Search = Callable[[Embedding], Rows]
"""The rows that an index finds for a question, best first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one index does with all questions."""

    name: str
    built_s: float
    milliseconds: float
    """Median over questions, one after the other on one thread."""
    recall_10: float
    recall_100: float


def enlarged(vectors: Vectors, *, to: int) -> Vectors:
    """So many vectors out of fewer: the real ones, then copies of them moved at random. The same at every call."""
    random = np.random.default_rng(1)
    made = np.empty((to, vectors.shape[1]), np.float16)
    made[: min(to, len(vectors))] = vectors[:to]
    for at in range(len(vectors), to, _BLOCK):
        block = made[at : at + _BLOCK]
        noise = unit(random.standard_normal(block.shape, np.float32))
        near = vectors[random.integers(0, len(vectors), len(block))].astype(np.float32)
        block[:] = unit(np.float32(COSINE) * near + np.float32((1 - COSINE**2) ** 0.5) * noise)
    return made


def measured(name: str, build: Callable[[], Search], questions: Embeddings, exact: Rows) -> Figure:
    """Builds an index and asks it everything once before it is timed."""
    begun = time.perf_counter()
    search = build()
    built = time.perf_counter() - begun
    found, times = [search(question) for question in questions], list[float]()
    for question in questions:
        begun = time.perf_counter()
        search(question)
        times.append(1000 * (time.perf_counter() - begun))
    ten, hundred = (recall([rows[:k] for rows in found], exact[:, :k]) for k in (10, CANDIDATES))
    return Figure(name, built, median(times), ten, hundred)


def candidates(vectors: Vectors, *, threads: int) -> Iterator[tuple[str, Callable[[], Search]]]:
    """Every kind by name. Those that are not ours compare the vectors of the 300 that they found first."""
    ids = np.arange(len(vectors), dtype=np.int64)
    for kind in choose.BACKENDS:
        yield f"byline, {kind}", partial(_ours, ids, vectors, Plan(kind, threads=threads))
    made = partial(_theirs, vectors=vectors, threads=threads)
    lists = 1 << round(np.log2(4 * len(vectors) ** 0.5))
    for share in (16, 4, 2):
        yield f"IVF{lists},SQ8, {lists // share} lists", partial(made, f"IVF{lists},SQ8", nprobe=lists // share)
    for depth in (128, 512):
        yield f"HNSW32,SQ8, efSearch {depth}", partial(made, "HNSW32,SQ8", ef=depth)
    yield "RaBitQfs", partial(made, "RaBitQfs")
    yield "SQ8", partial(made, "SQ8")


def _ours(ids: NDArray[np.int64], vectors: Vectors, plan: Plan) -> Search:
    index = choose.build(ids, vectors, plan=plan)
    return lambda question: index.search(question, k=CANDIDATES, selection=_EVERYTHING).ids


def _theirs(key: str, *, vectors: Vectors, threads: int, nprobe: int = 0, ef: int = 0) -> Search:
    faiss.omp_set_num_threads(threads)
    index: Any = faiss.index_factory(vectors.shape[1], key, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(1).permutation(len(vectors))[:65_536]
    index.train(vectors[np.sort(sample)].astype(np.float32))
    for at in range(0, len(vectors), _BLOCK):
        index.add(vectors[at : at + _BLOCK].astype(np.float32))
    faiss.omp_set_num_threads(1)
    if nprobe:
        index.nprobe = nprobe
    if ef:
        index.hnsw.efSearch = ef

    def search(question: Embedding) -> Rows:
        _, rows = index.search(question[np.newaxis], _RESCORED)
        held: Rows = rows[0][rows[0] >= 0]
        best: Rows = held[np.argsort(-(vectors[held].astype(np.float32) @ question), kind="stable")]
        return best

    return search


def report(figures: Sequence[Figure]) -> Iterator[str]:
    """The table."""
    yield from table(
        ["index", "built in s", "question ms", "recall@10", "recall@100"],
        (
            [one.name, f"{one.built_s:.1f}", f"{one.milliseconds:.2f}", f"{one.recall_10:.4f}", f"{one.recall_100:.4f}"]
            for one in figures
        ),
    )


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="BEIR folder.")],
    *,
    vectors: Annotated[list[int], typer.Option(min=5000, help="Sizes to measure at.")] = [10_000, 100_000],  # noqa: B006 - read only
    questions: Annotated[int, typer.Option(min=1, help="At most so many.")] = 300,
) -> None:
    """Print for each size what every kind of index takes and finds."""
    with telling_errors():
        settings = load_settings()
        limit_threads(settings.threads)
        faiss.omp_set_num_threads(1)
        asked = questions_of(folder, most=questions)
        with indexed(settings, (folder / "corpus.jsonl",)) as parts:
            encoded = np.stack([parts.encoder.encode_question(text) for text in asked])
            with parts.library.snapshot() as snapshot:
                real = snapshot.vectors_after(0).vectors
    sys.stdout.write(f"{folder.resolve().name}, {len(asked)} questions; {machine()}, one thread a question\n")
    for size in vectors:
        made = enlarged(real, to=size)
        exact = nearest(encoded, made, k=CANDIDATES)
        sys.stdout.write(f"\n{size} vectors, {min(size, len(real))} of them real\n\n")
        figures = [measured(name, build, encoded, exact) for name, build in candidates(made, threads=settings.threads)]
        sys.stdout.writelines(f"{line}\n" for line in report(figures))


if __name__ == "__main__":
    typer.run(main)
