"""Publications in the background: one that failed is logged and not tried again at every write."""

import logging
from pathlib import Path

import pytest

from corpus.article import Article
from indexing.generations.manifest import FOLDER, current_number
from indexing.ingest import Draft
from service.compose import Parts
from tests.fakes import fake_parts


def compacted(parts: Parts) -> None:
    """A compaction in the background, waited for."""
    parts.compact_if_due()
    for lock in parts._under_way.values():
        with lock:
            pass


def test_what_fails_is_logged_and_tried_again_later_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = fake_parts(tmp_path)
    parts.ingester.put(Draft(Article("a", "The lighthouse burned down.", "News")))
    (tmp_path / FOLDER / "publish.lock").mkdir(parents=True)
    with caplog.at_level(logging.ERROR, "byline"):
        for _ in range(3):
            compacted(parts)
    assert [record.getMessage() for record in caplog.records] == ["could not publish a new index generation"]
    assert len(parts.engine.search("lighthouse", k=5)) == 1
    (tmp_path / FOLDER / "publish.lock").rmdir()
    parts._not_before.update(dict.fromkeys(parts._under_way, 0.0))
    compacted(parts)
    assert current_number(tmp_path) == 1
    parts.close()


@pytest.mark.parametrize("apart", [False, True])
def test_indexes_that_nobody_opened_are_brought_up_to_date_without_opening_them(tmp_path: Path, apart: bool) -> None:  # noqa: FBT001 - a parameter of the test
    parts = fake_parts(tmp_path)
    parts.ingester.put(Draft(Article("a", "The lighthouse burned down.", "News")))
    parts.compact_if_due(apart=apart)
    parts.close()
    assert "index" not in parts.__dict__
    assert current_number(tmp_path) == 1
