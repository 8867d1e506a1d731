"""What holds for all tests of indexing."""

import os

# read by huggingface_hub when it is first imported: no test may ask the network for a model
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from pathlib import Path

import pytest

from tests.fakes import WordEncoder
from tests.indexing.samples import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "library", encoder=WordEncoder(dim=24))
