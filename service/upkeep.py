"""Keeping the indexes up to date in the background, while questions are answered and articles added."""

import logging
import threading
import time
from collections.abc import Callable

from corpus.errors import CorpusError, LibraryBusy
from corpus.library.reading import Library
from indexing.errors import IndexingError
from indexing.generations.protocol import Generations
from indexing.generations.step import Step
from indexing.searching import SearchIndex

_LOG = logging.getLogger("byline")
_PAUSE_SECONDS = 30.0
"""Between a step that failed, as where the disk is full, and the next try: each may cost a process."""


class Upkeep:
    """Carries steps out in threads, each step at most once at a time.

    `in_other_process` has other processes do the work, so that the questions of this one are not held up. `index` gives
    the search index if this process has opened it.
    """

    def __init__(
        self,
        *,
        library: Callable[[], Library],
        index: Callable[[], SearchIndex | None],
        generations: Callable[[], Generations],
        wait_seconds: float,
        in_other_process: bool,
    ) -> None:
        self._library = library
        self._index = index
        self._generations = generations
        self._wait_seconds = wait_seconds
        self._in_other_process = in_other_process
        self._under_way = {step: threading.Lock() for step in Step}
        self._not_before = dict.fromkeys(Step, 0.0)
        self._threads: list[threading.Thread] = []
        self._closing = False

    def begin_if_due(self, *, in_other_process: bool = False) -> None:
        """Has new passages made a part of the generation if they are many, and parts made one if they are too many.

        Everything is searchable all the while. What fails is logged, and tried again half a minute later or after, when
        this is next called. `in_other_process` has another process do it this time.
        """
        try:
            due = self._due()
        except (CorpusError, IndexingError):
            # what was written is stored, whatever the indexes are like
            _LOG.exception("cannot tell whether the indexes are up to date")
            return
        in_other_process = in_other_process or self._in_other_process
        for step in due:
            if time.monotonic() >= self._not_before[step] and self._under_way[step].acquire(blocking=False):
                # a process of its own comes to its end without this one
                thread = threading.Thread(
                    target=self._run, args=(step, in_other_process), name=f"index {step}", daemon=in_other_process
                )
                self._threads = [*(other for other in self._threads if other.is_alive()), thread]
                thread.start()

    def close(self) -> None:
        """Waits for what this process itself is doing."""
        self._closing = True
        for thread in self._threads:
            if not thread.daemon:
                thread.join()

    def _due(self) -> list[Step]:
        index = self._index()
        if index is None:
            # the steps look for themselves, which takes reading a manifest and not the indexes
            return [Step.FLUSH, Step.MERGE]
        with index.reading() as (snapshot, view):
            if index.refused is not None and index.refused == self._generations().current():
                # its parts would be in the next one, too
                return [Step.REBUILD] if snapshot.last_passage_id() else []
            due = {Step.FLUSH: view.flush_due, Step.MERGE: view.merge_due}
        return [step for step, is_due in due.items() if is_due]

    def _run(self, step: Step, in_other_process: bool) -> None:  # noqa: FBT001 - a thread's argument
        try:
            self._generations().carry_out(
                step, self._library(), wait_seconds=self._wait_seconds, in_other_process=in_other_process
            )
            index = self._index()
            # what is about to close is asked nothing more
            if index is not None and not self._closing:
                index.adopt()
        except LibraryBusy as busy:
            self._put_off(step)
            _LOG.info("%s", busy)
        except Exception:  # noqa: BLE001 - nobody waits for the thread, so the log is where it is told
            self._put_off(step)
            _LOG.exception("could not %s the indexes", step)
        finally:
            self._under_way[step].release()

    def _put_off(self, step: Step) -> None:
        self._not_before[step] = time.monotonic() + _PAUSE_SECONDS
