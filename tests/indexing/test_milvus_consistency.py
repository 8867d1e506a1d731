"""Which consistency level the engine hears: what must be as of now, and what may be some seconds older."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexing.milvus.client import Client
from indexing.milvus.expressions import ID
from indexing.milvus.publishing import mend
from indexing.milvus.record import read_record
from indexing.milvus.searching import Covered, MilvusVectors, MilvusWords
from indexing.ranking import Selection
from tests.fakes import WordEncoder
from tests.indexing.published import Engine
from tests.indexing.rows import covered_in
from tests.indexing.samples import Shelf, article, ids_array, texts_of
from tests.milvus import MilvusProcess

pytestmark = pytest.mark.server

NONE = ids_array()
ROWS = np.eye(2, dtype=np.float16)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusProcess]:
    with MilvusProcess(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.fixture
def client(heard: MilvusProcess) -> Iterator[Client]:
    found = Client(heard.address())
    yield found
    found.close()


def searched(covered: Covered) -> None:
    MilvusVectors(covered).search(ROWS[0].astype(np.float32), k=1, selection=Selection())
    words = MilvusWords(covered)
    words.search(["storm"], k=1, selection=Selection(), statistics=words.statistics(["storm"]))


@pytest.mark.parametrize(("seconds", "level"), [(60.0, "Strong"), (0.0, "Bounded")])
def test_searches_wait_for_what_was_just_written_until_all_that_the_record_speaks_of_is_old(
    heard: MilvusProcess, client: Client, seconds: float, level: str
) -> None:
    covered = covered_in(client, ids_array(1, 2), ROWS, [["storm"], ["tide"]], settled_seconds=seconds)
    heard.asked()
    searched(covered)
    assert heard.asked() == [f"Search {level}", f"Query {level}", f"Search {level}"]


def test_rows_are_counted_as_of_now_however_long_ago_the_record_was_read(heard: MilvusProcess, client: Client) -> None:
    covered = covered_in(client, ids_array(1, 2), ROWS, [["storm"], ["tide"]], settled_seconds=0.0)
    heard.asked()
    assert covered.live(NONE) == 2
    client.delete(covered.name, [1])
    assert covered.live(NONE) == 1
    assert heard.asked() == ["Query Strong"] * 2


def test_records_and_ids_are_read_as_of_now(heard: MilvusProcess, client: Client) -> None:
    covered = covered_in(client, ids_array(1, 2), ROWS, [["storm"], ["tide"]])
    heard.asked()
    client.ids(covered.name, f"{ID} >= 0")
    read_record(client, "nobody's")
    assert set(heard.asked()) == {"Query Strong"}


def test_publishing_and_mending_read_nothing_but_what_is_there_now(heard: MilvusProcess, tmp_path: Path) -> None:
    engine = Engine(Shelf(tmp_path / "library", encoder=WordEncoder(dim=24)), heard.address())
    engine.shelf.put_all(article("a", "The ferry sailed."), article("b", "The lighthouse burned down."))
    engine.publish()
    engine.client.delete(engine.record().collection, [2])
    heard.asked()
    assert mend(engine.client, engine.library) is not None
    asked = heard.asked()
    assert (len(asked) > 3, set(asked)) == (True, {"Query Strong"})
    assert len(texts_of(engine.index(), "ferry lighthouse")) == 2
    engine.generations.close()
    engine.shelf.close()
