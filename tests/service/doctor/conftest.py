"""Libraries for the doctor to examine."""

from pathlib import Path

import pytest

from indexing.ingest import Draft
from tests.service.doctor.examined import ARTICLES, opened_parts


@pytest.fixture
def unpublished(tmp_path: Path) -> Path:
    """A library of two articles, their passages served from memory."""
    home = tmp_path / "library"
    with opened_parts(home) as parts:
        assert len(list(parts.ingester.put_all(map(Draft, ARTICLES)))) == len(ARTICLES)
    return home


@pytest.fixture
def home(unpublished: Path) -> Path:
    """A library of two articles with a published generation."""
    with opened_parts(unpublished) as parts:
        parts.rebuild()
    return unpublished
