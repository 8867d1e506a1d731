"""The comparison of engines: all are asked the same, and held against exact search of the same library."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article
from eval.engines import Figure, asked, beside, compared, engines, report, twin_of
from indexing.encoders.protocol import Embedding
from indexing.generations.generation import Part
from indexing.ingest import Draft
from indexing.ranking import Ranking, Selection
from service.compose import Parts
from tests.fakes import fake_parts
from tests.vocabulary import WORDS


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("library"))
    random = np.random.default_rng(3)
    articles = (Article(f"a{number}", " ".join(random.choice(WORDS, 30)) + ".", "News") for number in range(40))
    list(made.ingester.put_all(Draft(article) for article in articles))
    yield made
    made.close()


QUESTIONS = ["harbour storm at the bridge", "ferry fare vote", "minister budget strike in the council"]


def test_questions_are_the_real_ones_and_then_others_out_of_their_halves() -> None:
    texts = ["why did it close", "who was aboard", "when"]
    made = asked(texts, count=5)
    assert made[:3] == texts
    assert made[3:] == ["why did was aboard", "who when"]
    assert asked(texts, count=2) == texts[:2]
    assert len(set(asked(texts, count=100))) == len(asked(texts, count=100))


def test_every_engine_finds_all_that_exact_search_of_the_same_library_finds(parts: Parts, tmp_path: Path) -> None:
    twin = twin_of(parts, QUESTIONS)
    figures = list[Figure]()
    for name, settings in engines(parts.settings, str(tmp_path / "milvus.db")).items():
        with beside(parts, settings) as (other, took), other.index.reading() as (_, view):
            assert view.generation is not None
            assert view.generation.in_place is name.startswith("Milvus")
            (part,) = view.generation.parts
            figures.append(compared(name, part, twin, took=took))
    assert [(one.engine, one.dense_recall, one.words_recall) for one in figures] == [
        ("exact", 1.0, 1.0),
        ("FAISS", 1.0, 1.0),
        ("Milvus, hnsw", 1.0, 1.0),
        ("Milvus, ivf_sq8", 1.0, 1.0),
        ("Milvus, autoindex", 1.0, 1.0),
    ]
    assert len(list(report(figures, {"exact": ["1"] * 3}))) == 2 + 5 + 1 + 2 + 1


class Half:
    """A VectorSearch that finds every other passage."""

    def __init__(self, whole: Part) -> None:
        self._whole = whole

    def __len__(self) -> int:
        return len(self._whole)

    def search(self, question: Embedding, *, k: int, selection: Selection) -> Ranking:
        found = self._whole.vectors.search(question, k=2 * k, selection=selection)
        return Ranking(found.ids[1::2], found.scores[1::2])


def test_an_engine_that_finds_every_other_passage_has_half_the_recall(parts: Parts, tmp_path: Path) -> None:
    settings = engines(parts.settings, str(tmp_path / "milvus.db"))["exact"]
    with beside(parts, settings) as (other, took), other.index.reading() as (_, view):
        assert view.generation is not None
        (part,) = view.generation.parts
        figure = compared("half", replace(part, vectors=Half(part)), twin_of(parts, QUESTIONS), took=took)
    assert figure.dense_recall == pytest.approx(0.5, abs=0.1)
    assert figure.words_recall == 1
