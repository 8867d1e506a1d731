"""Work spread over workers changes who does it, and nothing of what comes of it; no cluster is needed to say so."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.gather import Found, list_files, read_files
from corpus.readers.reading import read_here
from corpus.readers.source import Source
from corpus.readers.wire import Order
from corpus.seen import Seen
from indexing.encoders.backend import Backend, Precision
from indexing.ingest import Draft, Ingester, identity_of
from indexing.preparing import BATCH_PASSAGES, Prepared, Preparer
from indexing.spread.preparing import SpreadPreparer
from indexing.spread.reading import SpreadReading
from indexing.spread.versions import differing, versions
from indexing.spread.wire import Encoding, FileOrder, prepared_told, preparing_order, reading_order, to_work
from indexing.spread.work import FAILED, _reading, carried_out
from tests.fakes import WordEncoder
from tests.indexing.samples import LAW, Shelf, article

ENCODER = WordEncoder()
IDENTITY = identity_of(ENCODER, max_tokens=16, overlap_tokens=4)
ENCODING = Encoding("words", Backend.ONNX, Precision.INT8, "/cache", IDENTITY)


@pytest.fixture(scope="module", autouse=True)
def _no_reader_left() -> Iterator[None]:
    """What a worker keeps ends with it; here it is this process."""
    yield
    _reading().close()
    _reading.cache_clear()


class Threads:
    """A cluster of threads that takes its time, splits and encodes with words, and counts what is under way."""

    def __init__(self, workers: int = 2, *, seed: int = 0, slowest: float = 0.002) -> None:
        self.workers = workers
        self._pool = ThreadPoolExecutor(workers)
        self._random = Random(seed)
        self._slowest = slowest
        self.begun, self.ended = 0, 0
        self.orders = list[bytes]()

    def begin(self, order: bytes) -> "Future[bytes]":
        self.begun += 1
        self.orders.append(order)
        return self._pool.submit(self._carried_out, order, self._random.uniform(0, self._slowest))

    def _carried_out(self, order: bytes, seconds: float) -> bytes:
        time.sleep(seconds)
        work = to_work(order)
        if isinstance(work, list):
            return carried_out(order)
        encoding, articles = work
        return prepared_told(Preparer(encoder=ENCODER, identity=encoding.identity).prepared(articles))


def same(one: Prepared, other: Prepared) -> bool:
    return (one.spans, one.vectors.tobytes(), one.pieces) == (other.spans, other.vectors.tobytes(), other.pieces)


@LAW
@given(counts=st.lists(st.integers(0, 30), max_size=30), workers=st.integers(1, 4), seed=st.integers(0, 99))
def test_articles_come_back_in_order_as_one_process_makes_them(counts: list[int], workers: int, seed: int) -> None:
    wanted = [(article(f"a{n}", f"Ferry {n} sank. " * (1 + count)), count % 3 > 0) for n, count in enumerate(counts)]
    spread = SpreadPreparer(Threads(workers, seed=seed), encoding=ENCODING)
    here = Preparer(encoder=ENCODER, identity=IDENTITY)
    found = [each for batch in spread.ahead(wanted) for each in batch]
    expected = [each for batch in here.ahead(wanted) for each in batch]
    assert len(found) == len(expected) == len(wanted)
    for one, other in zip(found, expected, strict=True):
        assert (one is None and other is None) or (one is not None and other is not None and same(one, other))


def test_a_bounded_number_of_articles_is_held_however_many_there_are() -> None:
    cluster, taken, given_out = Threads(3), 0, 0

    def articles() -> Iterator[tuple[Article, bool]]:
        nonlocal taken
        for number in range(3000):
            taken += 1
            # two batches for each worker, the one that is given out, and the one that is gathered
            assert taken - given_out <= (2 * 3 + 2) * BATCH_PASSAGES
            yield article(f"a{number}", "Words."), True

    for batch in SpreadPreparer(cluster, encoding=ENCODING).ahead(articles()):
        given_out += len(batch)
    assert given_out == 3000
    assert cluster.begun > 20


def test_articles_that_are_held_already_cost_no_order(tmp_path: Path) -> None:
    shelf, cluster = Shelf(tmp_path), Threads()
    drafts = [Draft(article(f"a{n}", f"Ferry {n} sank.")) for n in range(300)]
    preparing = SpreadPreparer(cluster, encoding=ENCODING)
    ingester = Ingester(shelf.library, encoder=ENCODER, identity=IDENTITY, wait_seconds=5, preparing=preparing)
    assert [each.result for each in ingester.put_all(drafts)] == ["created"] * 300
    begun = cluster.begun
    assert [each.result for each in ingester.put_all(drafts)] == ["unchanged"] * 300
    assert cluster.begun == begun > 0


def folder_of_files(folder: Path) -> Path:
    for number in range(70):
        (folder / f"{number:02}.txt").write_text(f"Ferry {number} sailed.\n\nIt came back.")
    (folder / "05.txt").write_bytes(b"caf\xe9")
    (folder / "many.jsonl").write_text("".join(json.dumps({"id": f"m{n}", "text": "Words."}) + "\n" for n in range(9)))
    (folder / "empty.txt").touch()
    return folder


def gathered(files: SpreadReading | None, folder: Path) -> list[str | Found]:
    listed = [*list_files([folder]), folder / "missing.txt", folder / "unknown.xyz"]
    with Seen() as taken:
        reading = read_here if files is None else files
        found = read_files(
            listed if files is None else files.ahead(listed),
            differing_origin=lambda _: None, replace=False, taken=taken, reading=reading,
        )  # fmt: skip
        return [str(item) if isinstance(item, UnreadableArticle) else item for item in found]


def test_files_are_read_by_workers_as_they_are_read_here(tmp_path: Path) -> None:
    folder, cluster = folder_of_files(tmp_path), Threads()
    assert gathered(SpreadReading(cluster, here=read_here), folder) == gathered(None, folder)
    read = [each.path for order in cluster.orders if isinstance(work := to_work(order), list) for each in work]
    assert len(read) == 70, "all but the file of many and those with nothing in them"
    assert len(cluster.orders) == 3


def test_a_file_that_workers_see_otherwise_is_read_here(tmp_path: Path) -> None:
    """As where the machines of a cluster have no folder in common."""
    folder, other = tmp_path / "here", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    folder_of_files(folder)
    # one of them is there, with other words
    (other / "07.txt").write_text("Other words, and more of them than before.")

    class Elsewhere(Threads):
        def begin(self, order: bytes) -> "Future[bytes]":
            work = to_work(order)
            assert isinstance(work, list)
            moved = [replace(each, path=str(other / Path(each.path).name)) for each in work]
            return super().begin(reading_order(moved))

    assert gathered(SpreadReading(Elsewhere(), here=read_here), folder) == gathered(None, folder)


@pytest.mark.parametrize("package", ["tokenizers", "trafilatura"])
@pytest.mark.parametrize("of_files", [True, False])
def test_who_reads_splits_or_encodes_otherwise_refuses_the_work_and_says_what_differs(
    tmp_path: Path,
    package: str,
    of_files: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    folder_of_files(tmp_path)
    files = [FileOrder(str(tmp_path / "07.txt"), Order("text", Source("07.txt", "07")))]
    given = reading_order(files) if of_files else preparing_order(ENCODING, [article("a", "Words.")])
    here = dict(versions())[package]
    named = f'"{package}", "{here}"'.encode()
    assert named in given
    answer = carried_out(given.replace(named, f'"{package}", "0"'.encode()))
    assert answer.startswith(FAILED)
    assert f"process {os.getpid()} on " in answer.decode()
    assert f"{package} is {here} there and 0 here; install the same everywhere" in answer.decode()


def test_versions_that_are_not_told_differ() -> None:
    assert differing(versions(), versions()) is None
    assert differing(versions(), ()) == f"Byline's code is unknown there and {versions()[0][1]} here"
    assert b"Byline's code is " in carried_out(b'{"read": []}\n')


@pytest.mark.model
def test_a_worker_with_another_model_refuses_the_work_and_names_both() -> None:
    changed = replace(ENCODING, encoder="all-MiniLM-L6-v2", identity=replace(IDENTITY, encoder_sha256="f" * 64))
    cache = os.environ.get("BYLINE_CACHE") or str(Path.home() / ".cache" / "byline")
    answer = carried_out(preparing_order(replace(changed, cache=cache), [article("a", "Words.")])).decode()
    assert "its encoder all-MiniLM-L6-v2 is " in answer
    assert f"there and {'f' * 12} here; BYLINE_ENCODER" in answer
