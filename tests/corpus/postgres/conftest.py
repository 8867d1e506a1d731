"""A database, a library with one article in it, and a server that a test may stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.library.postgres.database import Postgres
from tests.corpus.postgres.asked import ARTICLE, KEEPS
from tests.corpus.test_library_samples import new_library, put
from tests.postgres import Server, programs, running


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_database()


@pytest.fixture
def place(address: str, tmp_path: Path) -> Postgres:
    """A library with one article."""
    found = new_library(Postgres(tmp_path / "here", address))
    put(found, ARTICLE)
    return found


@pytest.fixture
def binaries(request: pytest.FixtureRequest) -> Path:
    """The folder with PostgreSQL's programs."""
    # skips where there is none
    request.getfixturevalue("postgres")
    found = programs()
    assert found is not None
    return found


@pytest.fixture
def own(binaries: Path) -> Iterator[Server]:
    """A server that a test may stop; it keeps what it acknowledged as it would in earnest."""
    with running(binaries, **KEEPS) as server:
        yield server
