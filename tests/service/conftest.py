"""What the tests of the service share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes import WordEncoder, fake_parts
from tests.service.serving import serving

HARBOUR = {
    "title": "Harbour reopens after storm",
    "text": (
        "🌊 The harbour of Salthaven reopened on Tuesday. Engineers had checked all 14 cranes.\n\n"
        "The council kept it closed because it feared that a crane would fall. Nobody was hurt."
    ),
    "publisher": "The Salthaven Courier",
    "published_at": "2024-01-16",
    "url": "https://courier.example/harbour",
}
FERRY = {
    "title": "Ferry fares rise",
    "text": "Ferry fares rise by a tenth in May. The operator blames the price of fuel.",
    "publisher": "Coast & Country",
    "published_at": "2023-11-02",
}


@contextmanager
def salthaven(home: Path, **changes: object) -> Iterator[httpx.Client]:
    """A server around an encoder without a model, with two articles; it answers whatever it is asked."""
    with serving(fake_parts(home, encoder=WordEncoder(), answerable_threshold=0.0, **changes)) as found:
        for article_id, body in (("harbour", HARBOUR), ("ferry", FERRY)):
            assert found.put(f"/v1/articles/{article_id}", json=body).status_code == 201
        yield found


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server of the test's own; tests that change nothing share one of their module instead."""
    with salthaven(tmp_path) as found:
        yield found
