"""What holds for all tests of indexing."""

import os

# read by huggingface_hub when it is first imported: no test may ask the network for a model
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.generations.publishing import publish
from indexing.milvus.address import Address
from indexing.milvus.client import Client
from tests.indexing.published import Engine
from tests.indexing.samples import ENCODER, Shelf, filled


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Milvus Lite in this process."""
    client = Client(Address(str(tmp_path_factory.mktemp("engine") / "milvus.db")))
    yield client
    client.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "library", encoder=ENCODER)


@pytest.fixture
def engine(shelf: Shelf, lite: Client) -> Iterator[Engine]:
    made = Engine(shelf, lite.address)
    yield made
    made.generations.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with generation 1, to be copied: publishing waits for the disk many times."""
    home = tmp_path_factory.mktemp("template") / "library"
    made = filled(home)
    publish(made.library, wait_seconds=5)
    made.close()
    return home


@pytest.fixture
def published(template: Path, tmp_path: Path) -> Shelf:
    """A filled shelf with generation 1."""
    shutil.copytree(template, tmp_path / "published")
    return Shelf(tmp_path / "published")
