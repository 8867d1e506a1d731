"""Hostile files: each is refused with a reason or taken in as it is, and whatever stands beside it goes in."""

import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.gather import Found, read_files
from corpus.listing import Listing
from corpus.readers.confine import Bounds
from corpus.readers.process import ReaderProcess
from corpus.seen import Seen
from indexing.ingest import Draft
from service.cli.shown import one_line
from tests.fakes import fake_parts
from tests.resilience.poison import HELD_BACK, HIDDEN, POISON, TEXT, Poison, slow_pdf, special

SLOW = {"line of a gigabyte", "deep front matter", "word of 10 MB", "page with long attributes", "stream that expands"}
"""What takes a second or more, and is read alone only."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="no such limits or names of files here")


@pytest.fixture(scope="module")
def reading() -> Iterator[ReaderProcess]:
    with closing(ReaderProcess()) as process:
        yield process


def read(reading: ReaderProcess, *files: Path) -> list[Found | UnreadableArticle]:
    with Seen() as taken:
        found = read_files(files, differing_origin=lambda _: None, replace=True, taken=taken, reading=reading)
        return list(found)


def articles(items: list[Found | UnreadableArticle]) -> list[Article]:
    return [item.article for item in items if isinstance(item, Found)]


def reasons(items: list[Found | UnreadableArticle]) -> list[str]:
    return [item.reason for item in items if isinstance(item, UnreadableArticle)]


def check(poison: Poison, items: list[Found | UnreadableArticle]) -> None:
    """What became of one file: its own reason, of which a person understands what is wrong, or its own words."""
    if poison.refused is None:
        (article,) = articles(items)
        assert reasons(items) == []
        assert poison.holds in article.text
    else:
        assert any(re.search(poison.refused, reason) for reason in reasons(items)), reasons(items)[-3:]
    for item in items:
        assert HELD_BACK not in (str(item) if isinstance(item, UnreadableArticle) else item.article.text)


@pytest.mark.parametrize("name", POISON)
def test_a_hostile_file_is_refused_with_a_reason_or_taken_in_as_it_is(
    reading: ReaderProcess, tmp_path: Path, name: str
) -> None:
    """By a process that may take 256 MB and 10 s for it, and that reads the next file all the same."""
    poison, good = POISON[name], tmp_path / "good.txt"
    poison.make(tmp_path / poison.name)
    good.write_text(TEXT)
    *items, last = read(reading, tmp_path / poison.name, good)
    check(poison, items)
    assert isinstance(last, Found)
    assert last.article.text == TEXT


def test_of_a_batch_of_hostile_files_every_good_one_is_stored_and_every_other_is_named(tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    few = [name for name in POISON if name not in SLOW]
    for number, name in enumerate(few):
        folder = news / f"{number:02}"
        folder.mkdir()
        POISON[name].make(folder / POISON[name].name)
        (folder / f"good{number}.txt").write_text(f"{TEXT} Number {number}.")
    named = special(tmp_path)
    with closing(ReaderProcess()) as reading, Listing([news, *named]) as listing, Seen() as taken:
        items = list(read_files(listing, differing_origin=lambda _: None, replace=True, taken=taken, reading=reading))
    with closing(fake_parts(tmp_path / "home")) as parts:
        drafts = [Draft(item.article, item.origin) for item in items if isinstance(item, Found)]
        stored = [each.draft.article.id for each in parts.ingester.put_all(drafts)]
        assert {f"good{number}" for number in range(len(few))} <= set(stored)
    sources = {item.source for item in items if isinstance(item, UnreadableArticle)}
    for number, name in enumerate(few):
        if POISON[name].refused is not None:
            assert str(news / f"{number:02}" / POISON[name].name) in sources, name
    assert {str(path) for path in named} <= sources


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    slow, good = tmp_path / "slow.pdf", tmp_path / "good.txt"
    slow.write_bytes(slow_pdf())
    good.write_text(TEXT)
    with closing(ReaderProcess(Bounds(seconds=1))) as quick:
        error, last = read(quick, slow, good)
    assert isinstance(error, UnreadableArticle)
    assert error.reason == "reading it takes longer than 1 seconds"
    assert isinstance(last, Found)


def test_what_has_no_end_is_not_opened(reading: ReaderProcess, tmp_path: Path) -> None:
    assert reasons(read(reading, *special(tmp_path))) == [
        "it is not a regular file",
        "Too many levels of symbolic links",
        "it is not a regular file",
    ]


@LINUX
@pytest.mark.parametrize(
    "name",
    [
        b"new\nline.txt",
        b"\x1b[31mred\x1b[0m.txt",
        b"not \xff UTF-8.txt",
        b"-rf.txt",
        b"a" * 251 + b".txt",
        "turned \u202etxt.exe\u202c.txt".encode(),
        b"..txt",
        b" .txt",
    ],
)
def test_a_hostile_name_is_told_of_in_one_harmless_line_or_is_an_id(
    reading: ReaderProcess, tmp_path: Path, name: bytes
) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    file.write_text(TEXT)
    items = read(reading, file)
    assert len(items) == 1
    for error in (item for item in items if isinstance(item, UnreadableArticle)):
        assert error.field == "id" or "suffix" in error.reason or "not read" in error.reason
        assert one_line(str(error)).isprintable()
    for article in articles(items):
        assert article.id.isprintable()
        assert file.name == f"{article.id}.txt"


def test_words_are_kept_as_they_are_and_what_names_them_is_cleaned(reading: ReaderProcess, tmp_path: Path) -> None:
    file = tmp_path / "steers.jsonl"
    POISON["title that steers"].make(file)
    (article,) = articles(read(reading, file))
    assert article.text == TEXT + HIDDEN
    for name in (article.title, article.publisher, article.author):
        assert name == "gnp.exe zero [31m"


@LINUX
def test_the_process_that_reads_can_neither_connect_nor_write_nor_start_another(
    reading: ReaderProcess, tmp_path: Path
) -> None:
    """Asked of the process itself, as the kernel has it."""
    (tmp_path / "good.txt").write_text(TEXT)
    read(reading, tmp_path / "good.txt")
    assert reading._child is not None
    limits = Path(f"/proc/{reading._child._process.pid}/limits").read_text()
    bounded = {"file size": 0, "processes": 0, "data size": Bounds().memory_mb << 20, "core file size": 0}
    for what, most in bounded.items():
        assert re.search(rf"Max {what} +{most} +{most} ", limits), (what, limits)
    assert re.search(r"Max cpu time +[1-9][0-9]? ", limits), limits


def test_a_page_that_names_addresses_has_none_of_them_asked(reading: ReaderProcess, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        body = f'<img src="{address}"><script src="{address}"></script><iframe src="{address}"></iframe><p>{TEXT}</p>'
        declaration = f'<!DOCTYPE html SYSTEM "{address}" [<!ENTITY x SYSTEM "{address}">]>'
        (tmp_path / "a.xhtml").write_text(
            f'{declaration}<html><head><link rel="stylesheet" href="{address}"/></head>'
            f"<body><article>{body}<p>{TEXT} &x;</p></article></body></html>"
        )
        assert len(articles(read(reading, tmp_path / "a.xhtml"))) == 1
        with pytest.raises(TimeoutError):
            server.accept()
