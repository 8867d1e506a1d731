"""What tests of the library share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus.test_library_samples import OPEN, Place, new_library
from tests.postgres import Places


@pytest.fixture
def home(places: Places, tmp_path: Path) -> Iterator[Place]:
    """An empty library, of each database in turn."""
    yield new_library(places.new(tmp_path / "library"))
    while OPEN:
        OPEN.pop().close()
