"""What holds for all tests of indexing."""

import os

# read by huggingface_hub when it is first imported: no test may ask the network for a model
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.milvus.address import Address
from indexing.milvus.client import Client
from tests.fakes import WordEncoder
from tests.indexing.published import Engine
from tests.indexing.samples import Shelf


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Milvus Lite in this process."""
    client = Client(Address(str(tmp_path_factory.mktemp("engine") / "milvus.db")))
    yield client
    client.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "library", encoder=WordEncoder(dim=24))


@pytest.fixture
def engine(shelf: Shelf, lite: Client) -> Iterator[Engine]:
    made = Engine(shelf, lite.address)
    yield made
    made.generations.close()
