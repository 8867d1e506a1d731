"""`python -m eval.engines [FOLDER]`: exact search, FAISS and Milvus side by side, by what they find and answer.

Without a folder the collection is made of the shipped articles' sentences (`eval.cost.recombined`). Milvus is Lite in
this process unless an address is given; it is written in Python, so what it takes says nothing of a Milvus that is
installed, and 3,000 passages take minutes.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import numpy as np
import typer

from corpus.articles import shipped_articles
from eval.cached import indexed
from eval.cost.question import machine, questions_of
from eval.cost.recombined import recombined_library
from eval.evaluation import PRIMARY, Entry
from eval.judging import choose, of_spans
from eval.reports.markdown import table
from eval.systems.build import Bench
from eval.told import telling_errors
from indexing.encoders.protocol import Embedding, passage_input
from indexing.generations.generation import Part
from indexing.lexical import exact as exact_lexical
from indexing.lexical.exact import ExactLexicalIndex
from indexing.lexical.questions import question_terms
from indexing.milvus.address import Index
from indexing.ranking import Ids, Ranking, Selection
from indexing.vectors import exact as exact_vectors
from indexing.vectors.exact import ExactIndex
from indexing.vectors.plan import Kind
from indexing.vectors.recall import K
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads

PASSAGES, QUESTIONS = 3000, 1000
_COUNTED = 20
"""Terms whose passages are counted, to see what that takes."""
_RANKED = 100
"""Passages that are judged, as by `byline eval`."""
_TOLERANCE = 1e-4
"""Of a score: engines sum in another order."""
_EVERYTHING = Selection()

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Figure:
    """What one engine does with all questions."""

    engine: str
    published_s: float
    dense_recall: float
    words_recall: float
    dense_ms: float
    words_ms: float
    count_ms: float
    """To look up in how many passages a term stands, the first time."""


def engines(settings: Settings, milvus: str) -> dict[str, Settings]:
    """The settings of each by name; those of Milvus with each kind of index."""
    far = settings.model_copy(update={"milvus": milvus, "milvus_timeout_seconds": 600.0})
    return {
        "exact": settings.model_copy(update={"milvus": None, "vector_index": Kind.EXACT}),
        "FAISS": settings.model_copy(update={"milvus": None, "vector_index": Kind.QUANTISED}),
        **{f"Milvus, {kind}": far.model_copy(update={"milvus_index": kind}) for kind in Index},
    }


def asked(texts: Sequence[str], *, count: int) -> list[str]:
    """So many questions: those given, and then others out of the halves of two of them."""
    halves = [(text.split()[: len(text.split()) // 2], text.split()[len(text.split()) // 2 :]) for text in texts]
    made = list(texts)
    for apart in range(1, len(texts)):
        made += [" ".join([*one[0], *other[1]]) for one, other in zip(halves, halves[apart:], strict=False)]
    return list(dict.fromkeys(made))[:count]


@contextmanager
def beside(parts: Parts, settings: Settings) -> Iterator[tuple[Parts, float]]:
    """A copy of a library that has its indexes where these settings say, and the seconds that publishing them took."""
    with TemporaryDirectory() as folder:
        home = shutil.copytree(parts.settings.home, Path(folder) / "library")
        with closing(Parts(settings.model_copy(update={"home": home}), encoder=lambda _: parts.encoder)) as made:
            begun = time.perf_counter()
            made.rebuild()
            took = time.perf_counter() - begun
            yield made, took


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """Exact search of the same library."""

    questions: Sequence[Embedding]
    terms: Sequence[list[str]]
    vectors: ExactIndex
    words: ExactLexicalIndex

    def nearest(self) -> list[Ranking]:
        """By vector."""
        return [self.vectors.search(one, k=K, selection=_EVERYTHING) for one in self.questions]

    def scored(self, question: Embedding, ids: Ids) -> Ranking:
        """Passages that an engine found, by their exact scores."""
        return self.vectors.search(question, k=len(ids), selection=Selection(np.sort(ids)))

    def best(self) -> list[Ranking]:
        """By words."""
        return [
            self.words.search(some, k=K, selection=_EVERYTHING, statistics=self.words.statistics(some))
            for some in self.terms
        ]


def twin_of(parts: Parts, texts: Sequence[str]) -> Twin:
    """Everything that is asked and all that it is asked of."""
    with parts.library.snapshot() as snapshot:
        held = snapshot.vectors_after(0)
    passages = [passage_input(title, text) for title, text in zip(held.titles, held.texts, strict=True)]
    return Twin(
        [parts.encoder.encode_question(text) for text in texts],
        [question_terms(text) for text in texts],
        exact_vectors.build(held.ids, held.vectors),
        exact_lexical.build(held.ids, passages),
    )


def compared(name: str, part: Part, twin: Twin, *, took: float) -> Figure:
    """One engine's figures; BM25 is given the exact index's statistics, as counting is timed apart."""
    statistics = [twin.words.statistics(some) for some in twin.terms]
    dense, dense_ms = _timed(lambda one: part.vectors.search(one, k=K, selection=_EVERYTHING), twin.questions)
    words, words_ms = _timed(
        lambda one: part.lexical.search(one[0], k=K, selection=_EVERYTHING, statistics=one[1]),
        list(zip(twin.terms, statistics, strict=True)),
    )
    terms = list(dict.fromkeys(term for some in twin.terms for term in some))[:_COUNTED]
    _, count_ms = _timed(lambda term: part.lexical.statistics([term]), terms)
    # an engine that compares codes has scores that are nearly right
    dense = [twin.scored(one, found.ids) for one, found in zip(twin.questions, dense, strict=True)]
    return Figure(name, took, _recall(dense, twin.nearest()), _recall(words, twin.best()), dense_ms, words_ms, count_ms)


def _recall(found: Sequence[Ranking], wanted: Sequence[Ranking]) -> float:
    """Mean share of the ten best that were found; one that scores as the tenth does is as good as that."""
    shares = [
        min(1.0, float((one.scores >= two.scores[-1] - _TOLERANCE * abs(two.scores[-1])).sum()) / len(two))
        for one, two in zip(found, wanted, strict=True)
        if len(two)
    ]
    return float(np.mean(shares))


def _timed(search: Callable[[Asked], Given], asked: Sequence[Asked]) -> tuple[list[Given], float]:
    """What each gives, and the median of the milliseconds it took."""
    given, times = list[Given](), list[float]()
    for one in asked:
        begun = time.perf_counter()
        given.append(search(one))
        times.append(1000 * (time.perf_counter() - begun))
    return given, median(times)


def evaluated(parts: Parts) -> list[str]:
    """The shipped questions' figures with their intervals."""
    judging = of_spans(choose(None, split="all"), parts.library)
    entry = Entry(Bench(parts).byline(), parts.library)
    (summary,) = judging.evaluate([entry], k=_RANKED, on_question=lambda: None).summaries
    found = [summary.overall[name] for name in PRIMARY]
    return [f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in found]


def report(figures: Sequence[Figure], judged: Mapping[str, list[str]]) -> Iterator[str]:
    """Both tables."""
    yield from table(
        ["engine", "published in s", "vectors: recall@10", "ms", "words: recall@10", "ms", "counting a term ms"],
        (
            [
                one.engine, f"{one.published_s:.1f}", f"{one.dense_recall:.4f}", f"{one.dense_ms:.2f}",
                f"{one.words_recall:.4f}", f"{one.words_ms:.2f}", f"{one.count_ms:.3f}",
            ]
            for one in figures
        ),
    )  # fmt: skip
    yield ""
    yield from table(["engine, shipped questions", *PRIMARY], ([name, *values] for name, values in judged.items()))


def main(
    folder: Annotated[Path | None, typer.Argument(exists=True, file_okay=False, help="BEIR folder.")] = None,
    *,
    passages: Annotated[int, typer.Option(min=100, help="About so many, made of the shipped articles.")] = PASSAGES,
    questions: Annotated[
        int, typer.Option(min=1, help="So many: real ones, then others out of the halves of two.")
    ] = QUESTIONS,
    milvus: Annotated[str | None, typer.Option(help="Address of a Milvus; Lite in this process without one.")] = None,
) -> None:
    """Print what each engine finds of what exact search finds, and what it answers to the shipped questions."""
    with telling_errors(), TemporaryDirectory() as lite:
        settings = load_settings()
        limit_threads(settings.threads)
        each = engines(settings, milvus or str(Path(lite) / "milvus.db"))
        local = settings.model_copy(update={"milvus": None})
        made = (
            recombined_library(local, passages=passages)
            if folder is None
            else indexed(local, (folder / "corpus.jsonl",))
        )
        figures = list[Figure]()
        with made as parts:
            texts = asked(questions_of(folder, most=questions), count=questions)
            twin = twin_of(parts, texts)
            for name, chosen in each.items():
                with beside(parts, chosen) as (other, took), other.index.reading() as (_, view):
                    # one, as all was just made anew
                    parts_found = () if view.generation is None else view.generation.parts
                    figures += (compared(name, part, twin, took=took) for part in parts_found)
        with indexed(local, (shipped_articles(),)) as parts:
            judged = dict[str, list[str]]()
            for name in ("exact", "FAISS", f"Milvus, {Index.HNSW}"):
                with beside(parts, each[name]) as (other, _):
                    judged[name] = evaluated(other)
    of = folder.resolve().name if folder else "recombined"
    sys.stdout.write(f"{len(twin.vectors)} passages ({of}), {len(texts)} questions; {machine()}\n\n")
    sys.stdout.writelines(f"{line}\n" for line in report(figures, judged))


if __name__ == "__main__":
    typer.run(main)
