"""Searching the library as it stands now: the current generation, what is newer than it, and what was taken out."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np

from corpus.errors import CorpusError
from corpus.library.identity import Identity, check_identity
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from indexing.errors import IndexBroken, IndexingError, MilvusError
from indexing.generations.generation import Generation, Part, Version
from indexing.generations.in_folder import InFolder
from indexing.generations.protocol import Generations
from indexing.ranking import Ids
from indexing.segment import appended, segment_of
from indexing.view import View

_LOG = logging.getLogger("byline")

_MOST_BESIDE = 2048
"""New passages up to which a view goes on with its generation while a newer one is loaded: they are read into memory
and indexed one by one, which takes longer than loading once there are many."""
_LOOK_SECONDS = 5.0
"""Between two looks at which generation is the current one, while there are no commits."""
_ADOPTING_TRIES = 3
"""With a snapshot each: commits may come in between."""
_NEWER = "the current generation is newer than the library"


class _SnapshotTooOld(Exception):
    """The current generation is of a later commit than the snapshot at hand sees."""


class SearchIndex:
    """Keeps a view up to date with the library; one for all threads of a process.

    Opening verifies and loads the current generation. Raises IndexBroken or LibraryMismatch, also from reading(). A
    generation published later is loaded beside the readings, which go on with the former one until it is there, unless
    so much is new that loading is faster; one that cannot be trusted is logged and left alone.
    """

    def __init__(self, library: Library, *, identity: Identity, generations: Generations | None = None) -> None:
        """`generations` are those in the library's own folder, unless others are given."""
        self._library = library
        self._identity = identity
        self._generations = InFolder(library.home) if generations is None else generations
        self._lock = threading.Lock()
        self._adopting = threading.Lock()
        self.refused: Version | None = None
        """A generation that cannot be trusted, if there was one."""
        self._look_at = 0.0
        self._view: View | None = None
        # an engine that is not there yet hinders questions, not the start
        with suppress(MilvusError), self.reading():
            pass

    def adopt(self) -> None:
        """Loads the current generation, unless it is the view's, and searches by it from then on.

        Raises IndexBroken or LibraryMismatch; then the former one stays.
        """
        with self._adopting:
            if self._is_current():
                return
            generation = self._generations.open(self._former())
            # loaded before the lock is taken that readings wait for: what is newer than it is little
            for _ in range(_ADOPTING_TRIES):
                with suppress(_SnapshotTooOld), self._lock, self._library.snapshot() as snapshot:
                    self._view = self._over(generation, snapshot)
                    return
            raise IndexBroken(self._library.home, _NEWER)

    @contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, View]]:
        """A snapshot of the library and the view of exactly that commit."""
        behind: int | None = None
        while True:
            # looked at before the snapshot is taken, which therefore sees at least its commit
            known = self._view
            with self._library.snapshot() as snapshot:
                commit, token = snapshot.commit, snapshot.token
                try:
                    view = self._at(snapshot, commit, token, known=known)
                except _SnapshotTooOld:
                    if commit == behind:
                        # no commit came in between, so the generation is not newer but another history's
                        raise IndexBroken(self._library.home, _NEWER) from None
                    behind = commit
                    continue
                if (view.commit, view.token) == (commit, token):
                    yield snapshot, view
                    return

    def _at(self, snapshot: Snapshot, commit: int, token: str, *, known: View | None) -> View:
        """The view of this commit, or another one that another thread has moved on to."""
        if known is not None and (known.commit, known.token) == (commit, token):
            self._look_now_and_then(known)
            return known
        with self._lock:
            view = self._view
            if view is None:
                self._view = view = self._fresh(snapshot)
            elif view.commit <= commit and view.token == snapshot.token_of(view.commit):
                if view.commit < commit:
                    self._view = view = self._advanced(view, snapshot)
            elif view is known:
                # a commit that was there is gone: a backup was restored, and nothing of the view can be gone on from
                self._view = view = self._fresh(snapshot)
            return view

    def _fresh(self, snapshot: Snapshot) -> View:
        # first, as what is to be done about another encoder is clearer than what an index says of it
        check_identity(self._library.home, snapshot.identity, wanted=self._identity)
        return self._over(self._generations.open(self._former()), snapshot)

    def _over(self, generation: Generation | None, snapshot: Snapshot) -> View:
        """The snapshot's view with this generation."""
        check_identity(self._library.home, snapshot.identity, wanted=self._identity)
        covered, gone = 0, np.empty(0, np.int64)
        if generation is not None:
            manifest = generation.manifest
            place = generation.place
            if manifest.library_id != snapshot.library_id:
                raise IndexBroken(place, "it was made from another library")
            if manifest.commit > snapshot.commit:
                raise _SnapshotTooOld
            if manifest.commit_token != snapshot.token_of(manifest.commit):
                raise IndexBroken(place, "it was made from another history of this library, such as before a restore")
            if manifest.identity != snapshot.identity:
                raise IndexBroken(place, "it was made with another encoder or other limits")
            covered = manifest.last_passage_id
            gone = np.concatenate([gone, *(_taken_out(snapshot, part) for part in generation.parts)])
        newer = appended((), segment_of(snapshot.vectors_after(covered)), gone=gone)
        if generation is not None:
            self._check_complete(snapshot, generation, gone=gone)
        return View(snapshot.commit, snapshot.token, generation, snapshot.last_passage_id(), newer, gone)

    def _check_complete(self, snapshot: Snapshot, generation: Generation, *, gone: Ids) -> None:
        """Raises IndexBroken unless the generation has as many searchable passages as the library: a row that SQLite
        does not find any more, or finds again, is noticed here and not by an answer that lacks it."""
        found = generation.live(gone)
        expected = snapshot.searchable_count(until=generation.manifest.last_passage_id)
        if found == expected:
            return
        if generation.in_place:
            with self._library.snapshot() as now:
                if now.commit != snapshot.commit:
                    # what that commit took out may have been taken out there, too
                    raise _SnapshotTooOld
        raise IndexBroken(generation.place, f"it has {found} of the library's {expected} searchable passages")

    def _advanced(self, view: View, snapshot: Snapshot) -> View:
        """The view after later commits: costs what they changed, not what the collection holds."""
        check_identity(self._library.home, snapshot.identity, wanted=self._identity)
        version = self._generations.current()
        if version is not None and version not in {view.version, self.refused}:
            if snapshot.last_passage_id() - view.last_passage_id > _MOST_BESIDE:
                try:
                    return self._fresh(snapshot)
                except IndexBroken:
                    self._refuse(version)
            else:
                self._begin_adopting(version)
        gone = np.union1d(view.gone, snapshot.retired_after(view.commit))
        newer = appended(view.newer, segment_of(snapshot.vectors_after(view.last_passage_id)), gone=gone)
        return View(snapshot.commit, snapshot.token, view.generation, snapshot.last_passage_id(), newer, gone)

    def _former(self) -> Generation | None:
        return None if self._view is None else self._view.generation

    def _is_current(self) -> bool:
        version = self._generations.current()
        return version is None or (self._view is not None and self._view.version == version)

    def _look_now_and_then(self, view: View) -> None:
        """A generation may be published after the last commit, too."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        with suppress(IndexBroken, MilvusError):
            version = self._generations.current()
            if version is not None and version not in {view.version, self.refused}:
                self._begin_adopting(version)

    def _begin_adopting(self, version: Version) -> None:
        if not self._adopting.locked():
            threading.Thread(target=self._adopt_beside, args=(version,), name="adoption", daemon=True).start()

    def _adopt_beside(self, version: Version) -> None:
        try:
            self.adopt()
        except MilvusError as error:
            # it is there, and may be asked again
            _LOG.warning("cannot look at the new index generation: %s", error)
        except (CorpusError, IndexingError, OSError):
            self._refuse(version)

    def _refuse(self, version: Version) -> None:
        # not tried again at every commit: to read all of it takes long
        self.refused = version
        _LOG.exception("cannot use the new index generation; the former one and what is newer are searched")


def _taken_out(snapshot: Snapshot, part: Part) -> Ids:
    """The part's passages that are no longer searchable."""
    made = part.manifest
    return snapshot.retired_after(made.commit, after=made.after, until=made.last_passage_id)
