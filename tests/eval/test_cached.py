"""The evaluator's own libraries: kept while nothing changes, made anew when they cannot be used."""

import os
from pathlib import Path

import pytest

from eval.cached import cached_home, indexed
from eval.collection import articles_of
from indexing.own_code import code_digest
from service.settings import Settings
from tests.eval.samples import article_files, cached, open_fake


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return article_files(tmp_path / "news")


def ids(settings: Settings, news: Path) -> list[str]:
    with indexed(settings, (news,), open_parts=open_fake) as parts:
        return [article.id for article in articles_of(parts)]


def test_it_follows_the_files(tmp_path: Path, news: Path) -> None:
    settings = cached(tmp_path)
    assert ids(settings, news) == ["river", "talks"]
    (news / "talks.md").unlink()
    (news / "ferry.md").write_text("The ferry sank on Monday.", encoding="utf-8")
    assert ids(settings, news) == ["ferry", "river"]


@pytest.mark.parametrize("damage", ["library.sqlite3", "indexes"])
def test_a_broken_one_is_made_anew(tmp_path: Path, news: Path, damage: str) -> None:
    settings = cached(tmp_path)
    before = ids(settings, news)
    home = cached_home(settings, [str(news.absolute())])
    broken = [home / damage] if (home / damage).is_file() else [f for f in (home / damage).rglob("*") if f.is_file()]
    assert broken
    for file in broken:
        file.write_bytes(b"not what it was" * 9)
    assert ids(settings, news) == before


def test_other_settings_and_other_code_have_libraries_of_their_own(tmp_path: Path, news: Path) -> None:
    settings, names = cached(tmp_path), [str(news)]
    home = cached_home(settings, names)
    assert cached_home(settings.model_copy(update={"max_tokens": 99}), names).parent != home.parent
    code = tmp_path / "code"
    code.mkdir()
    (code / "splitter.py").write_text("LIMIT = 1", encoding="utf-8")
    other = code_digest(code)
    (code / "splitter.py").write_text("LIMIT = 2", encoding="utf-8")
    assert code_digest(code) != other


def test_what_another_version_left_is_removed_after_a_day(tmp_path: Path, news: Path) -> None:
    settings = cached(tmp_path)
    ids(settings, news)
    home = cached_home(settings, [str(news.absolute())])
    old, recent = home.parent / "old", home.parent / "recent"
    for folder in (old, recent):
        folder.mkdir()
    os.utime(old, (0, 0))
    ids(settings, news)
    assert sorted(path.name for path in home.parent.iterdir()) == sorted([home.name, "recent"])
