"""Indexes kept up to date in the background: what fails is logged and put off, and what is damaged is made anew."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.article import Article
from indexing.generations.generation import Version
from indexing.generations.manifest import FOLDER, current_number, generation_folder
from indexing.generations.publishing import publish
from indexing.generations.step import Step
from indexing.ingest import Draft
from service import upkeep
from service.compose import Parts
from tests.fakes import fake_parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = fake_parts(tmp_path)
    made.ingester.put(Draft(Article("a", "The lighthouse burned down.", "News")))
    yield made
    made.close()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about in 20 seconds")


def begun_and_done(parts: Parts) -> None:
    """Upkeep in the background, waited for."""
    parts.keep_up()
    for thread in parts._upkeep._threads:
        thread.join()


def test_what_fails_is_logged_and_tried_again_only_later_and_nothing_is_lost(
    parts: Parts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FOLDER / "publish.lock").mkdir(parents=True)
    with caplog.at_level(logging.ERROR, "byline"):
        for _ in range(3):
            begun_and_done(parts)
    assert [record.getMessage() for record in caplog.records] == ["could not flush the indexes"]
    assert len(parts.engine.search("lighthouse", k=5)) == 1
    (tmp_path / FOLDER / "publish.lock").rmdir()
    parts._upkeep._not_before[Step.FLUSH] -= upkeep._PAUSE_SECONDS
    begun_and_done(parts)
    assert current_number(tmp_path) == 1


@pytest.mark.parametrize("in_other_process", [False, True])
def test_indexes_that_nobody_opened_are_brought_up_to_date_without_opening_them(
    parts: Parts,
    tmp_path: Path,
    in_other_process: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    parts.keep_up(in_other_process=in_other_process)
    until(lambda: current_number(tmp_path) == 1)
    assert "index" not in parts.__dict__


def test_a_generation_that_was_refused_is_made_anew_and_not_added_to(parts: Parts, tmp_path: Path) -> None:
    parts.rebuild()
    assert len(parts.engine.search("lighthouse", k=5)) == 1
    parts.ingester.put(Draft(Article("b", "The harbour reopened.", "News")))
    number = publish(parts.library, wait_seconds=5).number
    next(generation_folder(tmp_path, number).glob("*/vectors/*")).write_bytes(b"")
    parts.ingester.put(Draft(Article("c", "The ferry sailed.", "News")))
    assert len(parts.engine.search("ferry", k=5)) == 3
    until(lambda: parts.index.refused == Version(number))
    assert parts._upkeep._due() == [Step.REBUILD]
    begun_and_done(parts)
    assert current_number(tmp_path) == number + 1
    with parts.index.reading() as (_, view):
        assert view.number == number + 1
    assert parts._upkeep._due() == []


def test_a_broken_pointer_hinders_no_write(parts: Parts, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    parts.rebuild()
    parts.engine.search("lighthouse", k=5)
    (tmp_path / FOLDER / "CURRENT").write_text("nonsense")
    parts.ingester.put(Draft(Article("b", "The harbour reopened.", "News")))
    with caplog.at_level(logging.ERROR, "byline"):
        parts.keep_up()
    assert "cannot tell whether the indexes are up to date" in caplog.text
