"""What the engine is asked, over its own protocol: how long an answer is waited for."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexing.errors import MilvusUnavailable
from indexing.milvus.client import Client
from indexing.milvus.expressions import ID
from tests.indexing.rows import vectors_in
from tests.indexing.samples import ids_array
from tests.milvus import MilvusProcess

pytestmark = pytest.mark.server

ROWS = np.eye(2, dtype=np.float16)
IDS = ids_array(1, 2)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[MilvusProcess]:
    with MilvusProcess(tmp_path / "engine") as found:
        yield found


@pytest.fixture
def client(engine: MilvusProcess) -> Iterator[Client]:
    found = Client(engine.address(timeout_seconds=0.5))
    yield found
    found.close()


@pytest.mark.timeout(60)
def test_what_is_still_being_loaded_is_told_of_in_time_and_found_once_it_is_there(
    engine: MilvusProcess, client: Client
) -> None:
    patient = Client(engine.address())
    vectors_in(patient, IDS, ROWS)
    patient.close()
    (name,) = client.names()
    engine.begin_loading()
    for wait_for in (
        lambda: client.load(name),
        lambda: client.query(name, f"{ID} >= 0", [ID], strong=True),
        lambda: client.load(name),
    ):
        started = time.monotonic()
        with pytest.raises(MilvusUnavailable, match=f"it is still loading {name}"):
            wait_for()
        assert time.monotonic() - started < 5
    engine.end_loading()
    # until one call may ask again
    time.sleep(1)
    assert sorted(client.ids(name, f"{ID} >= 0")) == [1, 2]
