"""Web archives: pages become articles, everything else is passed over, and what is broken costs only itself."""

import gzip
import random
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

import pytest

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers import source as sources
from corpus.readers.source import Source
from corpus.readers.warc import read_warc
from corpus.readers.warc_records import Record, records_of
from tests.corpus.made import http, record
from tests.corpus.reading import SOURCE, read_all, read_one, refusal

Compress = Callable[[Sequence[bytes]], bytes]

TEXT = "The council approved the bridge on Monday after a debate that lasted until midnight, its speaker said."
INFO = record(b"software: none\r\n", kind="warcinfo", uri=None)


def page(words: str = TEXT) -> bytes:
    return f"<html><head><title>Bridge</title></head><body><article><p>{words}</p></article></body></html>".encode()


def answered(number: int, *, length: int | None = None) -> bytes:
    return record(http(page(f"{TEXT} Number {number}.")), uri=f"https://news.example/{number}", length=length)


def plain(records: Sequence[bytes]) -> bytes:
    return b"".join(records)


def member_each(records: Sequence[bytes]) -> bytes:
    return b"".join(map(gzip.compress, records))


def one_member(records: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(records))


def told(items: Sequence[Article | UnreadableArticle]) -> list[str]:
    """The number of each article, and the reason of each error."""
    return [item.text[-2] if isinstance(item, Article) else item.reason for item in items]


@pytest.mark.parametrize("compress", [plain, member_each, one_member])
def test_pages_become_articles_and_everything_else_is_passed_over(compress: Compress) -> None:
    others = [
        INFO,
        record(http(page(), status="404 Not Found")),
        record(http(page(), status="301 Moved")),
        record(http(b"\xff\xd8", kind="image/jpeg")),
        record(http(page()), kind="request"),
        record(b"203.0.113.7", kind="resource", uri="dns:news.example"),
        record(b"", kind="response"),
    ]
    assert told(read_all(read_warc, compress([answered(1), *others, answered(2)]))) == ["1", "2"]


def test_an_article_has_the_address_it_was_fetched_from_and_an_id_made_of_it() -> None:
    address = "https://news.example/a/b?c=d"
    article = read_one(read_warc, record(http(page()), uri=address))
    assert (article.url, article.title, article.text) == (address, "Bridge", TEXT)
    assert article.id.startswith("news.example-a-b-c-d-")
    other = read_one(read_warc, record(http(page()), uri="https://news.example/a/b?c-d"))
    assert other.id != article.id
    assert read_one(read_warc, record(http(page()), uri=f"https://news.example/{'../' * 400}")).id


def deflated(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (gzip.compress(page()), ["Content-Encoding: gzip"]),
        (zlib.compress(page()), ["Content-Encoding: deflate"]),
        (deflated(page()), ["Content-Encoding: deflate"]),
        (b"%x\r\n%b\r\n0\r\n\r\n" % (len(page()), page()), ["Transfer-Encoding: chunked"]),
    ],
    ids=["gzip", "zlib", "deflate", "chunked"],
)
def test_a_page_is_expanded_as_the_server_sent_it(content: bytes, headers: list[str]) -> None:
    assert read_one(read_warc, record(http(content, *headers))).text == TEXT


def test_the_charset_that_the_server_states_is_honoured() -> None:
    words = f"{TEXT} “Café,” he said."
    content = http(page(words).decode().encode("cp1252"), kind="text/html; charset=windows-1252")
    assert read_one(read_warc, record(content)).text == words


@pytest.mark.parametrize("compress", [plain, member_each, one_member])
@pytest.mark.parametrize("stated", [0, 40, 10**6, 10**14])
def test_a_record_that_lies_about_its_length_costs_only_itself(compress: Compress, stated: int) -> None:
    items = read_all(read_warc, compress([answered(1), answered(2, length=stated), answered(3)]))
    first, error, last = told(items)
    assert (first, last) == ("1", "3")
    assert error.startswith("record 2, at byte ")
    assert error.endswith(": its Content-Length does not lead to the next record")


@pytest.mark.parametrize("compress", [plain, member_each, one_member])
def test_what_is_no_record_is_told_of_with_its_place(compress: Compress) -> None:
    first = compress([answered(1)])
    items = read_all(read_warc, compress([answered(1), b"WARC/1.0\r\nno length\r\n\r\n", answered(3)]))
    place = 0 if compress is one_member else len(first)
    assert told(items) == ["1", f"record 2, at byte {place}: it does not begin as a record does", "3"]


def test_a_damaged_member_costs_only_itself() -> None:
    members = [gzip.compress(answered(number)) for number in range(1, 6)]
    broken = bytearray(members[1])
    broken[len(broken) // 2] ^= 0xFF
    short = members[3][: len(members[3]) // 2]
    items = read_all(read_warc, b"".join([members[0], broken, members[2], short, members[4]]))
    assert [one for one in told(items) if len(one) == 1] == ["1", "3", "5"]
    errors = [one for one in told(items) if len(one) > 1]
    assert len(errors) == 2
    assert all("its gzip is damaged" in one for one in errors), errors


def test_a_page_that_cannot_be_read_is_told_of_and_the_next_goes_in() -> None:
    empty = record(http(b"<html></html>"), uri="https://news.example/empty")
    brotli = record(http(b"...", "Content-Encoding: br"), uri="https://news.example/brotli")
    assert told(read_all(read_warc, plain([INFO, empty, brotli, answered(2)]))) == [
        f"record 2, at byte {len(INFO)}: no main text was found in this page",
        f"record 3, at byte {len(INFO + empty)}: it is compressed by 'br', which is not read",
        "2",
    ]


def test_an_archive_without_a_page_is_told_of() -> None:
    assert "holds no page" in refusal(read_warc, INFO).reason
    assert "holds no page" in refusal(read_warc, b"").reason


@pytest.mark.parametrize("compress", [plain, member_each])
def test_articles_that_were_read_before_are_passed_over(compress: Compress) -> None:
    content = compress([answered(1), b"WARC/1.0\r\n\r\n", INFO, answered(2), answered(3)])
    every = told(list(read_warc(BytesIO(content), source=SOURCE)))
    for after in range(6):
        source = Source(SOURCE.name, SOURCE.default_id, after)
        assert told(list(read_warc(BytesIO(content), source=source))) == every[after:]


def test_records_come_back_whole_whatever_stands_around_them() -> None:
    """Junk of any kind between records takes no record that follows it, and nothing is found that is not there."""
    made = random.Random(7)
    for _ in range(200):
        wanted = [answered(number) for number in range(3)]
        for compress in (plain, member_each):
            parts = [compress([one]) for one in wanted]
            junk = [b"\n" + made.randbytes(made.randrange(60)) + b"\n" for _ in parts]
            content = parts[0] + b"".join(a + b for a, b in zip(junk, parts[1:], strict=False))
            found = [one.content for one in records_of(BytesIO(content)) if isinstance(one, Record)]
            assert found == [one[:-4] for one in wanted]


def test_a_record_longer_than_a_document_may_be_is_passed_over_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sources.MAX_DOCUMENT_BYTES > 0
    monkeypatch.setattr("corpus.readers.warc_records.MAX_DOCUMENT_BYTES", 2000)
    long = record(http(b"a" * 5000), uri="https://news.example/long")
    items = read_all(read_warc, plain([answered(1), long, answered(3)]))
    assert [one[-40:] for one in told(items)] == [
        "1",
        "larger than 2000 bytes, the most one document may have"[-40:],
        "3",
    ]
