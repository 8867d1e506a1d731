"""What gzip has compressed is read as it was before, and expands no further than text does."""

import gzip
import random

import pytest

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.choose import READERS
from corpus.readers.gz import MAX_EXPANSION
from tests.corpus.reading import read_all, read_one, refusal

TEXT = "The harbour reopened on Tuesday after engineers had checked every crane."
LINES = "".join(f'{{"id": "a{number}", "text": "{TEXT} {number}"}}\n' for number in range(3))


@pytest.mark.parametrize(
    ("format_name", "content"),
    [
        ("text", TEXT),
        ("markdown", f"---\ntitle: Harbour\n---\n{TEXT}"),
        ("html", f"<html><title>Harbour</title><article><p>{TEXT}</p><p>{TEXT} Again.</p></article></html>"),
        ("jsonl", LINES),
    ],
)
def test_a_compressed_file_gives_the_same_articles(format_name: str, content: str) -> None:
    expected = read_all(READERS[format_name], content)
    half = len(content) // 2
    several = gzip.compress(content[:half].encode()) + gzip.compress(content[half:].encode())
    for compressed in (gzip.compress(content.encode()), several):
        assert read_all(READERS[f"{format_name}.gz"], compressed) == expected
    assert all(isinstance(item, Article) for item in expected)


@pytest.mark.parametrize(
    "content",
    # what is compressed tells the time, which is no part of a test's name
    [TEXT.encode(), gzip.compress(TEXT.encode())[:-9], b"\x1f\x8b\x08junk" * 9],
    ids=["not compressed", "cut short", "junk"],
)
def test_what_is_no_gzip_or_not_whole_is_refused(content: bytes) -> None:
    assert refusal(READERS["text.gz"], content).reason.startswith("it is not valid gzip: ")


def test_lines_before_the_damage_are_read() -> None:
    noise = random.Random(1).randbytes(200_000).hex()
    items = read_all(READERS["jsonl.gz"], gzip.compress(f'{LINES}{{"id": "n", "text": "{noise}"}}\n'.encode())[:-2000])
    assert [item.id for item in items if isinstance(item, Article)] == ["a0", "a1", "a2"]
    assert isinstance(items[-1], UnreadableArticle)
    assert "not valid gzip" in items[-1].reason


def test_what_expands_more_than_text_does_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.readers.gz.MAX_DOCUMENT_BYTES", 10_000)
    assert read_one(READERS["text.gz"], gzip.compress(b"a" * 9_000)).text == "a" * 9_000
    error = refusal(READERS["text.gz"], gzip.compress(b"a" * 1_000_000))
    assert f"more than {MAX_EXPANSION} times" in error.reason
    *some, last = read_all(READERS["jsonl.gz"], gzip.compress(b"1\n" * 600_000))
    assert len(some) < 300_000
    assert isinstance(last, UnreadableArticle)
    assert "times its size" in last.reason
