"""Two processes, one of them with several threads, write to one library at once: one waits for the other or is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from corpus.errors import LibraryBusy
from tests.resilience.collection import Collection, opened
from tests.resilience.examining import examine
from tests.resilience.ledger import Ledger
from tests.resilience.operations import Kind, Operation, Version, Words, drawn
from tests.resilience.workers import Died, Worker

ROUNDS = 10
THREADS = 3


@contextmanager
def working(home: Path, *, wait_seconds: float = 20) -> Iterator[Worker]:
    worker = Worker(home, wait_seconds=wait_seconds)
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.close()


class Writer:
    """Changes articles of its own, in this process or by another, and remembers what was acknowledged."""

    def __init__(self, name: str, seed: int) -> None:
        self.ledger = Ledger()
        self.words = Words(name)
        self.busy = 0
        self._ids = [f"{name}-{number}" for number in range(5)]
        self._random = Random(seed)

    def next(self) -> Operation:
        operation = drawn(self._random, self.words, ids=self._ids, present=self.ledger.present, keys=set())
        # files beside the library have locks of SQLite's own
        if operation.kind in {Kind.PUT, Kind.REMOVE}:
            return operation
        return Operation(Kind.PUT, (Version(self._ids[0], self.words.next(), 3),))

    def by(self, worker: Worker, *, rounds: int) -> None:
        for _ in range(rounds):
            operation = self.next()
            self.ledger.begin(operation)
            if worker.do(operation.as_json()):
                self.ledger.acknowledge(operation)
            else:
                self.busy += 1
                self.ledger.refused(operation)

    def here(self, collection: Collection) -> None:
        for _ in range(ROUNDS):
            operation = self.next()
            self.ledger.begin(operation)
            try:
                collection.apply(operation)
            except LibraryBusy:
                self.busy += 1
                self.ledger.refused(operation)
            else:
                self.ledger.acknowledge(operation)


def judged(home: Path, writers: list[Writer]) -> list[str]:
    """What is wrong with the library, each writer's articles by its own ledger."""
    seen = examine(home, words=[word for writer in writers for word in writer.words.given])
    together = Ledger()
    for writer in writers:
        together.articles.update(writer.ledger.articles)
        together.under_way += writer.ledger.under_way
    return together.judge(seen)


def written_by_all(home: Path, *, wait_seconds: float) -> list[Writer]:
    """Everybody writes at the same time; what came of it."""
    other, own = Writer("other", 1), [Writer(f"own{number}x", number) for number in range(THREADS)]
    with working(home, wait_seconds=wait_seconds) as worker, opened(home, wait_seconds=wait_seconds) as collection:
        threads = [threading.Thread(target=writer.here, args=(collection,)) for writer in own]
        threads.append(threading.Thread(target=other.by, args=(worker,), kwargs={"rounds": ROUNDS}))
        for thread in threads:
            thread.start()
        for _ in range(3):
            collection.carry_out("flush")
        for thread in threads:
            thread.join()
        assert worker.wrong == []
    return [other, *own]


def test_all_that_two_processes_and_their_threads_were_told_is_kept(tmp_path: Path) -> None:
    writers = written_by_all(tmp_path, wait_seconds=60)
    assert [writer.ledger.acknowledged for writer in writers] == [ROUNDS] * len(writers)
    assert judged(tmp_path, writers) == []


def test_who_does_not_wait_is_refused_as_busy_and_nothing_of_it_is_there(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    writers = written_by_all(tmp_path, wait_seconds=0)
    assert sum(writer.busy for writer in writers) > 0
    assert all(writer.busy + writer.ledger.acknowledged == ROUNDS for writer in writers)
    assert judged(tmp_path, writers) == []


def test_an_article_that_both_change_is_whole_and_the_last_one_of_either(tmp_path: Path) -> None:
    with working(tmp_path) as one, working(tmp_path) as other:
        last = dict[Worker, Version]()

        def change(worker: Worker, words: Words) -> None:
            for _ in range(ROUNDS):
                last[worker] = Version("both", words.next(), 3)
                assert worker.do(Operation(Kind.PUT, (last[worker],)).as_json())

        threads = [threading.Thread(target=change, args=(each, Words(f"v{each.pid}x"))) for each in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seen = examine(tmp_path, words=[version.word for version in last.values()])
    assert seen.problems == ()
    assert seen.articles["both"] in {version.article.text for version in last.values()}


def test_a_writer_that_is_killed_leaves_the_other_free_to_go_on(tmp_path: Path) -> None:
    killed, other = Writer("killed", 1), Writer("other", 2)
    with working(tmp_path) as first, working(tmp_path) as second:
        timer = threading.Timer(0.3, first.kill)
        thread = threading.Thread(target=other.by, args=(second,), kwargs={"rounds": ROUNDS})
        timer.start()
        thread.start()
        with pytest.raises(Died):
            killed.by(first, rounds=10_000)
        thread.join()
        other.by(second, rounds=ROUNDS)
        assert (first.wrong, second.wrong) == ([], [])
    assert other.ledger.acknowledged == 2 * ROUNDS
    assert judged(tmp_path, [killed, other]) == []
