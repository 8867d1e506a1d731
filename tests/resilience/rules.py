"""The rules that two drivers share: operations on a real library, each beside a model of a few lines, and checks."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article
from corpus.library.reading import Library
from corpus.library.records import Filters, PutResult
from corpus.library.snapshot import Snapshot
from corpus.library.writing import make_library, writing
from indexing.encoders.protocol import Embedding, passage_input
from indexing.generations.publishing import flush, merge, publish
from indexing.generations.tiers import Tiers
from indexing.ingest import Draft, Ingester, identity_of
from indexing.lexical.analysis import analyse
from indexing.ranking import Ranking
from indexing.vectors.plan import BY_SIZE
from indexing.view import Chosen
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
from tests.resilience.reader import ENCODER, Reader

IDS = [f"a{number}" for number in range(8)]
PUBLISHERS = (None, "Courier", "Tide")
DAYS = tuple(date(2024, 1, day) for day in (1, 2, 3))
K = 5
EAGER = Tiers(least=0, most=0)
"""A part of every passage, so that there is always something to merge."""
_WAIT = 5.0
_ALIKE = 2e-3
"""Vectors are stored in half precision."""


class Mismatch(AssertionError):
    """The library says something else than the model."""


@dataclass(frozen=True)
class Entry:
    """An article as the model knows it."""

    text: str
    publisher: str | None
    day: date | None


@dataclass
class Model:
    """What the library should hold: current articles, and each text that there ever was, by its revision's name."""

    articles: dict[str, Entry] = field(default_factory=dict)
    former: dict[tuple[str, str], str] = field(default_factory=dict)
    limit: int = 16

    def copy(self) -> "Model":
        """One that later operations do not change."""
        return Model(dict(self.articles), dict(self.former), self.limit)


class Rules:
    """Every operation, on one home; two readers look at it, of which either may be older than the last operations."""

    def __init__(self, folder: Path) -> None:
        self.home, self._folder = folder / "home", folder
        self.model = Model()
        self._backup: Model | None = None
        identity = identity_of(ENCODER, max_tokens=self.model.limit, overlap_tokens=0)
        make_library(self.home, identity, wait_seconds=_WAIT)
        self.readers = (Reader(self.home, self.model.limit), Reader(self.home, self.model.limit))

    def close(self) -> None:
        for reader in self.readers:
            reader.close()

    # operations

    def put(self, article_id: str, words: Sequence[str], publisher: str | None, day: date | None) -> None:
        """Adds or updates."""
        entry = Entry(_text(words), publisher, day)
        article = Article(article_id, entry.text, "News", publisher=publisher, published_at=day)
        stored = self._ingester().put(Draft(article))
        before = self.model.articles.get(article_id)
        expected = PutResult.CREATED if before is None else PutResult.UPDATED
        self._same("put", stored.result, PutResult.UNCHANGED if before == entry else expected)
        self.model.articles[article_id] = entry
        self.model.former[article_id, article.revision] = entry.text

    def remove(self, article_id: str) -> None:
        """Deletes, where there is such an article."""
        if self.model.articles.pop(article_id, None) is not None:
            with writing(self.home, wait_seconds=_WAIT) as writer:
                writer.remove(article_id)

    def reopen(self, reader: int) -> None:
        """A process that ends and another that starts."""
        self.readers[reader].close()

    def flush(self) -> None:
        """New passages become a part."""
        self._published(lambda library: flush(library, wait_seconds=_WAIT, tiers=EAGER))

    def merge(self) -> None:
        """Parts become one."""
        self._published(lambda library: merge(library, wait_seconds=_WAIT, tiers=EAGER))

    def rebuild(self) -> None:
        """All indexes anew."""
        self._published(lambda library: publish(library, wait_seconds=_WAIT))

    def adopt(self, reader: int) -> None:
        """The reader loads the current generation at once, as a background thread would."""
        self.readers[reader].index.adopt()

    def resplit(self, limit: int) -> None:
        """Other passages of the same articles; processes are started again with the new setting."""
        self.model.limit = limit
        with closing(Library(self.home)) as library:
            list(self._ingester(library).resplit())
            publish(library, wait_seconds=_WAIT)
        for reader in self.readers:
            reader.at_limit(limit)

    def backup(self) -> None:
        """A backup, in the place of the former one."""
        make_backup(self.home, self._folder / "backup", replace=True)
        self._backup = self.model.copy()

    def restore(self) -> None:
        """What was backed up, under readers that are open; those of another limit are started again."""
        if self._backup is None:
            return
        restore_backup(self._folder / "backup", self.home, replace=True, wait_seconds=_WAIT, plan=BY_SIZE)
        if self._backup.limit != self.model.limit:
            for reader in self.readers:
                reader.at_limit(self._backup.limit)
        self.model = self._backup.copy()

    # checks

    def search(self, reader: int, words: Sequence[str], filters: Filters) -> None:
        """Both rankings are what plain Python makes of the passages that there should be, and no others are found."""
        with self.readers[reader].index.reading() as (snapshot, view):
            held = self._held(snapshot)
            allowed = snapshot.matching(filters) if filters else None
            wanted = {number: text for number, (article_id, text) in held.items() if self._meets(article_id, filters)}
            question = " ".join(words)
            vector = ENCODER.encode_question(question)
            self._check_dense(view.by_vector(vector, k=K, chosen=Chosen(allowed)), vector, wanted)
            terms = list(dict.fromkeys(analyse(question)))
            found = view.by_words(terms, k=10_000, chosen=Chosen(allowed))
            expected = {number for number, text in wanted.items() if _terms(text) & set(terms)}
            self._same(f"words {terms}", set(found.ids.tolist()), expected)
            for number, row in snapshot.searchable_passages(found.ids.tolist()).items():
                self._same("text", row.text, wanted[number])
                source = self.model.former[row.article_id, row.revision]
                self._same("cited", source[row.span.start : row.span.end], row.text)

    def look(self, reader: int) -> None:
        """The listing is the model's, every text that there ever was is read as it was."""
        with self.readers[reader].library.snapshot() as snapshot:
            listed = {one.id: (one.publisher, one.published_at) for one in snapshot.summaries()}
            expected = {name: (one.publisher, one.day) for name, one in self.model.articles.items()}
            self._same("listing", listed, expected)
            for (article_id, revision), text in self.model.former.items():
                self._same("revision", snapshot.revision(article_id, revision).article.text, text)
            self._same("revisions", snapshot.counts().revisions, len(self.model.former))

    def _held(self, snapshot: Snapshot) -> dict[int, tuple[str, str]]:
        """The passages that are searchable, of which the texts together are the model's articles."""
        held: dict[int, tuple[str, str]] = {}
        for article_id, entry in self.model.articles.items():
            rows = snapshot.passages_of(article_id)
            held.update((row.passage_id, (article_id, row.text)) for row in rows)
            self._same("whole", " ".join(row.text for row in rows).split(), entry.text.split())
        self._same("passages", snapshot.counts().passages, len(held))
        return held

    def _check_dense(self, found: Ranking, vector: Embedding, wanted: dict[int, str]) -> None:
        numbers = np.array(sorted(wanted), np.int64)
        texts = [passage_input("News", wanted[number]) for number in numbers.tolist()]
        vectors = np.stack([ENCODER.encode_question(text) for text in texts]) if texts else np.empty((0, 16))
        scores: NDArray[np.float32] = vectors.astype(np.float16).astype(np.float32) @ vector
        self._same("dense count", len(found), min(K, len(numbers)))
        self._same("dense ids", set(found.ids.tolist()) - set(numbers.tolist()), set())
        best = np.sort(scores)[::-1][: len(found)]
        if len(best) and float(np.abs(best - found.scores).max()) > _ALIKE:
            raise Mismatch(f"dense scores: {found.scores.tolist()}, expected {best.tolist()}")

    def _meets(self, article_id: str, filters: Filters) -> bool:
        entry = self.model.articles[article_id]
        if filters.published_from is not None and (entry.day is None or entry.day < filters.published_from):
            return False
        if filters.published_to is not None and (entry.day is None or entry.day > filters.published_to):
            return False
        if filters.publishers and entry.publisher not in filters.publishers:
            return False
        return not filters.article_ids or article_id in filters.article_ids

    def _ingester(self, library: Library | None = None) -> Ingester:
        identity = identity_of(ENCODER, max_tokens=self.model.limit, overlap_tokens=0)
        return Ingester(library or self.readers[0].library, encoder=ENCODER, identity=identity, wait_seconds=_WAIT)

    def _published(self, step: Callable[[Library], object]) -> None:
        with closing(Library(self.home)) as library:
            step(library)

    @staticmethod
    def _same(what: str, found: object, expected: object) -> None:
        if found != expected:
            raise Mismatch(f"{what}: {found}, expected {expected}")


@lru_cache(maxsize=50_000)
def _terms(text: str) -> frozenset[str]:
    """What a passage is found by."""
    return frozenset(analyse(passage_input("News", text)))


def _text(words: Sequence[str]) -> str:
    """Sentences of three words."""
    return " ".join(f"{' '.join(words[at : at + 3]).capitalize()}." for at in range(0, len(words), 3))
