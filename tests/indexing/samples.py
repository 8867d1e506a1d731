"""Small collections for the tests of indexing: short articles, an encoder without a model, and what joins them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import regex
from hypothesis import HealthCheck, settings

from corpus.article import Article
from corpus.library.database import Database
from corpus.library.identity import Identity
from corpus.library.reading import Library
from corpus.library.sqlite.database import as_database
from corpus.library.writing import make_library, writing
from indexing.encoders.protocol import Embeddings, Encoded
from indexing.errors import PassageTooLong
from indexing.generations.manifest import generation_folder
from indexing.generations.publishing import publish
from indexing.generations.tiers import Tiers
from indexing.ingest import Draft, Ingester, Stored, identity_of
from indexing.lexical.analysis import analyse
from indexing.ranking import Ids, Ranking
from indexing.searching import SearchIndex
from indexing.view import View
from tests.fakes import WordEncoder

LAW = settings(
    max_examples=50,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
EAGER = Tiers(least=0, most=0)
"""Every passage is worth a part, every one that is gone worth making its part anew."""
ENCODER = WordEncoder(dim=24)
"""Of the fixture `shelf`."""
TOLERANCE = 1e-5
"""Backends sum the same products in another order."""

TEXTS = {
    "harbour": "The harbour reopened on Tuesday. Cranes were checked.",
    "council": "The council voted against the budget. The minister resigned.",
    "ferry": "Two ferries stayed in port. The strike ends on Friday.",
}
"""Of the articles of `filled`, by their ids."""

_PIECE = regex.compile(r"\w{1,4}|[^\w\s]")


def count_pieces(texts: Iterable[str]) -> list[int]:
    """Like a word-piece model: a piece for each four letters begun and each sign, and two special ones a text."""
    return [2 + len(_PIECE.findall(text)) for text in texts]


def article(article_id: str, text: str, *, title: str = "News") -> Article:
    return Article(id=article_id, text=text, title=title)


def uncovered(view: View) -> int:
    """Passages held in memory, and passages in the generation that must be left out of every result."""
    return sum(map(len, view.newer)) + len(view.gone)


class Shelf:
    """A library with what writes and searches it, in one place."""

    def __init__(self, where: Path | Database, *, encoder: WordEncoder | None = None, max_tokens: int = 16) -> None:
        self.database = as_database(where)
        self.home = self.database.home
        self.encoder = encoder or WordEncoder()
        self.identity: Identity = identity_of(self.encoder, max_tokens=max_tokens, overlap_tokens=4)
        make_library(self.database, self.identity, wait_seconds=5)
        self.library = Library(self.database)
        self.ingester = Ingester(self.library, encoder=self.encoder, identity=self.identity, wait_seconds=5)

    def put(self, article_id: str, text: str, *, title: str = "News") -> Stored:
        return self.ingester.put(Draft(article(article_id, text, title=title)))

    def put_all(self, *articles: Article) -> list[Stored]:
        return list(self.ingester.put_all(Draft(each) for each in articles))

    def remove(self, article_id: str) -> None:
        with writing(self.database, wait_seconds=5) as writer:
            writer.remove(article_id)

    def index(self) -> SearchIndex:
        return SearchIndex(self.library, identity=self.identity)

    def close(self) -> None:
        self.library.close()


def unit_rows(rows: int, dim: int, *, seed: int) -> Embeddings:
    drawn = np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)
    normal: Embeddings = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return normal


def ids_array(*numbers: int) -> Ids:
    return np.array(sorted(numbers), np.int64)


def check_same_ranking(found: Ranking, expected: Ranking, *, everything: Ranking) -> None:
    """Same scores place by place, and the same passages except where the scores tell nothing apart.

    `everything` ranks all selected passages, so that one that was left out at the end can be looked up.
    """
    assert len(found) == len(expected)
    np.testing.assert_allclose(found.scores, expected.scores, atol=TOLERANCE, rtol=TOLERANCE)
    score_of = dict(zip(everything.ids.tolist(), everything.scores.tolist(), strict=True))
    assert len(set(found.ids.tolist())) == len(found), "no passage stands twice"
    for number, score in zip(found.ids.tolist(), found.scores.tolist(), strict=True):
        assert abs(score_of[number] - score) <= TOLERANCE * max(1.0, abs(score))
    check_order(found)


def check_order(ranking: Ranking) -> None:
    """Scores descend, and equal scores stand in order of id."""
    pairs = list(zip((-ranking.scores).tolist(), ranking.ids.tolist(), strict=True))
    assert pairs == sorted(pairs)


ALL = 10_000
"""More than any collection here holds."""


def word_ids(view: View, question: str, *, k: int = ALL) -> list[int]:
    found: list[int] = view.by_words(analyse(question), k=k).ids.tolist()
    return found


def texts_of(index: SearchIndex, question: str) -> list[str]:
    with index.reading() as (snapshot, view):
        rows = snapshot.passages(word_ids(view, question))
        return sorted(row.text for row in rows.values())


class CountingEncoder(WordEncoder):
    """Remembers how many texts each call had, and fails on request."""

    def __init__(self, *, name: str = "words", dim: int = 48, fail_at: str | None = None) -> None:
        super().__init__(name=name, dim=dim)
        self.calls: list[int] = []
        self.fail_at = fail_at

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        self.calls.append(len(texts))
        if self.fail_at is not None and any(self.fail_at in text for text in texts):
            raise PassageTooLong(pieces=999, limit=256, text=self.fail_at)
        return super().encode_passages_with_pieces(texts)

    @property
    def encoded(self) -> int:
        return sum(self.calls)


def numbered(count: int, *, start: int = 0) -> list[Article]:
    return [article(f"a{n}", f"Sentence {n} of it. Another one follows here.") for n in range(start, start + count)]


def stored_ids(shelf: Shelf) -> list[str]:
    with shelf.library.snapshot() as snapshot:
        return sorted(summary.id for summary in snapshot.summaries())


def filled(home: Path) -> Shelf:
    """A new shelf with an article for each of TEXTS."""
    made = Shelf(home)
    made.put_all(*(article(name, text) for name, text in TEXTS.items()))
    return made


def first_folder(shelf: Shelf) -> Path:
    return generation_folder(shelf.home, 1)


def publish_from(shelf: Shelf) -> Path:
    """The folder of a new generation."""
    return generation_folder(shelf.home, publish(shelf.library, wait_seconds=5).number)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def finds(shelf: Shelf, words: str) -> bool:
    index = shelf.index()
    with index.reading() as (_, view):
        return len(view.by_words(words.split(), k=5)) > 0
