"""The server that agents ask."""

from collections.abc import Iterator

import httpx
import pytest

from tests.service.conftest import salthaven


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that the tests of this module change nothing of but what they add."""
    with salthaven(tmp_path_factory.mktemp("mcp")) as found:
        yield found
