"""Searching the library as it stands now: the current generation, what is newer than it, and what was taken out."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.library.identity import Identity, check_identity
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.encoders.protocol import Embedding
from indexing.errors import IndexBroken, IndexingError
from indexing.generation import Generation, current_number, generation_folder, open_current
from indexing.lexical.protocol import Statistics
from indexing.lexical.spelling import variants
from indexing.ranking import Ids, Ranking, Selection
from indexing.segment import Segment, appended, segment_of

_LOG = logging.getLogger("byline")
_LEAST_UNCOVERED = 256
_MOST_UNCOVERED = 10_000
_UNCOVERED_SHARE = 8
"""The first generation is due with the first passage. A new one is due when more than an eighth of the covered
passages are not in the current one, but not before 256 of them are, and at the latest when 10,000 are: those are held
in memory and compared one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Everything searchable as of one commit. Never changes; a later commit gets a view of its own."""

    commit: int
    generation: Generation | None
    last_passage_id: int
    """Passages with a higher id are not in this view."""
    newer: tuple[Segment, ...]
    """What the generation does not cover."""
    gone: Ids
    """Passages in the generation or a segment that are no longer searchable."""

    def by_vector(self, question: Embedding, *, k: int, allowed: Ids | None = None) -> Ranking:
        """The k passages nearest to the question; scores are cosines."""
        indexes = [segment.vectors for segment in self.newer]
        parts = [self.generation.vectors, *indexes] if self.generation is not None else indexes
        selection = Selection(allowed, self.gone)
        return Ranking.merged((part.search(question, k=k, selection=selection) for part in parts), k=k)

    def by_words(self, terms: Sequence[str], *, k: int, allowed: Ids | None = None) -> Ranking:
        """The k passages that share the rarest terms with the question; scores are BM25's."""
        indexes = [segment.lexical for segment in self.newer]
        parts = [self.generation.lexical, *indexes] if self.generation is not None else indexes
        statistics = self.statistics(terms)
        selection = Selection(allowed, self.gone)
        rankings = (part.search(terms, k=k, selection=selection, statistics=statistics) for part in parts)
        return Ranking.merged(rankings, k=k)

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """How common the terms are in the collection; passages that are gone count until they are compacted away."""
        indexes = [segment.lexical for segment in self.newer]
        parts = [self.generation.lexical, *indexes] if self.generation is not None else indexes
        return Statistics.total([part.statistics(terms) for part in parts], terms)

    def spelt_like(self, term: str) -> list[str]:
        """Terms of the collection that one which no passage has may be meant for, the likeliest first."""
        indexes = [segment.lexical for segment in self.newer]
        parts = [self.generation.lexical, *indexes] if self.generation is not None else indexes
        return variants(
            term, lambda letters: dict.fromkeys(word for part in parts for word in part.terms_beginning(letters))
        )

    @property
    def number(self) -> int | None:
        """The generation's, None where there is none."""
        return None if self.generation is None else self.generation.manifest.number

    @property
    def uncovered(self) -> int:
        """Passages held in memory, and passages in the generation that must be left out of every result."""
        return sum(map(len, self.newer)) + len(self.gone)

    @property
    def compaction_due(self) -> bool:
        """Whether so much is outside the generation that a new one should be published."""
        if self.generation is None:
            return self.uncovered > 0
        covered = self.generation.manifest.passages
        return self.uncovered > min(max(_LEAST_UNCOVERED, covered // _UNCOVERED_SHARE), _MOST_UNCOVERED)


OpenGeneration = Callable[[Path], Generation | None]
"""Opens the current generation of the library in a folder."""


_MOST_BESIDE = 2048
"""New passages up to which a view goes on with its generation while a newer one is loaded: they are read into memory
and indexed one by one, which takes longer than loading once there are many."""
_NEWER = "the current generation is newer than the library"


class _SnapshotTooOld(Exception):
    """The current generation was made from a later commit than the snapshot at hand sees."""


class SearchIndex:
    """Keeps a view up to date with the library; one for all threads of a process.

    Opening verifies and loads the current generation. Raises IndexBroken or LibraryMismatch, also from reading(). A
    generation published later is loaded beside the readings, which go on with the former one until it is there, unless
    so much is new that loading is faster; one that cannot be trusted is logged and left alone.
    """

    def __init__(self, library: Library, *, identity: Identity, open_generation: OpenGeneration = open_current) -> None:
        self._library = library
        self._identity = identity
        self._open_generation = open_generation
        self._lock = threading.Lock()
        self._adopting = threading.Lock()
        self._refused: int | None = None
        self._view: View | None = None
        with self.reading():
            pass

    def adopt(self) -> None:
        """Loads the current generation, unless it is the view's, and searches by it from then on.

        Raises IndexBroken or LibraryMismatch; then the former one stays.
        """
        with self._adopting:
            if self._is_current():
                return
            generation = self._open_generation(self._library.home)
            # loaded before the lock is taken that readings wait for: what is newer than it is little
            with self._lock, self._library.snapshot() as snapshot:
                try:
                    self._view = self._over(generation, snapshot)
                except _SnapshotTooOld:
                    raise IndexBroken(self._library.home, _NEWER) from None

    @contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, View]]:
        """A snapshot of the library and the view of exactly that commit."""
        behind: int | None = None
        while True:
            with self._library.snapshot() as snapshot:
                commit = snapshot.commit
                try:
                    view = self._at(snapshot, commit)
                except _SnapshotTooOld:
                    if commit == behind:
                        # no commit came in between, so the generation is not newer but another history's
                        raise IndexBroken(self._library.home, _NEWER) from None
                    behind = commit
                    continue
                if view.commit == commit:
                    yield snapshot, view
                    return

    def _at(self, snapshot: Snapshot, commit: int) -> View:
        """The view of this commit, or a later one that another thread has moved on to."""
        view = self._view
        if view is not None and view.commit >= commit:
            return view
        with self._lock:
            if self._view is None:
                self._view = self._fresh(snapshot)
            elif self._view.commit < commit:
                self._view = self._advanced(self._view, snapshot)
            return self._view

    def _fresh(self, snapshot: Snapshot) -> View:
        # first, as what is to be done about another encoder is clearer than what an index says of it
        check_identity(self._library.home, snapshot.identity, wanted=self._identity)
        return self._over(self._open_generation(self._library.home), snapshot)

    def _over(self, generation: Generation | None, snapshot: Snapshot) -> View:
        """The snapshot's view with this generation."""
        home = self._library.home
        check_identity(home, snapshot.identity, wanted=self._identity)
        covered, gone = 0, np.empty(0, np.int64)
        if generation is not None:
            manifest = generation.manifest
            folder = generation_folder(home, manifest.number)
            if manifest.library_id != snapshot.library_id:
                raise IndexBroken(folder, "it was made from another library")
            if manifest.commit > snapshot.commit:
                raise _SnapshotTooOld
            if manifest.commit_token != snapshot.token_of(manifest.commit):
                raise IndexBroken(folder, "it was made from another history of this library, such as before a restore")
            if manifest.identity != snapshot.identity:
                raise IndexBroken(folder, "it was made with another encoder or other limits")
            covered = manifest.last_passage_id
            gone = snapshot.retired_after(manifest.commit)
            gone = gone[gone <= covered]
        newer = appended((), segment_of(snapshot.vectors_after(covered)), gone=gone)
        return View(snapshot.commit, generation, snapshot.last_passage_id(), newer, gone)

    def _advanced(self, view: View, snapshot: Snapshot) -> View:
        """The view after later commits: costs what they changed, not what the collection holds."""
        check_identity(self._library.home, snapshot.identity, wanted=self._identity)
        number = current_number(self._library.home)
        if number is not None and number not in {view.number, self._refused}:
            if snapshot.last_passage_id() - view.last_passage_id > _MOST_BESIDE:
                return self._fresh(snapshot)
            if not self._adopting.locked():
                threading.Thread(target=self._adopt_beside, args=(number,), name="adoption", daemon=True).start()
        gone = np.union1d(view.gone, snapshot.retired_after(view.commit))
        newer = appended(view.newer, segment_of(snapshot.vectors_after(view.last_passage_id)), gone=gone)
        return View(snapshot.commit, view.generation, snapshot.last_passage_id(), newer, gone)

    def _is_current(self) -> bool:
        number = current_number(self._library.home)
        return number is None or (self._view is not None and self._view.number == number)

    def _adopt_beside(self, number: int) -> None:
        try:
            self.adopt()
        except (CorpusError, IndexingError, OSError):
            # not tried again at every commit: to read all of it takes long
            self._refused = number
            _LOG.exception("cannot use the new index generation; the former one and what is newer are searched")
