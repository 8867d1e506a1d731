"""Plain text: positions are the file's, broken files are named with byte and line."""

import hashlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers import decode
from corpus.readers.source import Source
from corpus.readers.text import read_text
from tests.corpus.reading import SOURCE, read_all, read_one, refusal, skipped_words

STORY = "Council approves bridge\n\nThe council approved the bridge on Monday.\n"


def test_the_whole_file_is_the_text_and_the_first_line_its_title() -> None:
    article = read_one(read_text, STORY)
    assert (article.id, article.title, article.text) == ("bridge", "Council approves bridge", STORY)
    assert article.revision == hashlib.sha256(STORY.encode()).hexdigest()


@pytest.mark.parametrize("first", ["The council approved the bridge on Monday.", "word " * 40, "Officials said:"])
def test_a_first_line_that_is_no_headline_is_no_title(first: str) -> None:
    assert read_one(read_text, f"{first}\nMore.").title == "bridge"


def test_line_ends_become_lf_and_the_byte_order_mark_goes() -> None:
    assert read_one(read_text, b"\xef\xbb\xbfOne\r\ntwo\rthree\n").text == "One\ntwo\nthree\n"


def test_boilerplate_is_marked_where_it_stands() -> None:
    article = read_one(read_text, STORY + "Share this article\n")
    assert article.text == STORY + "Share this article\n"
    assert skipped_words(article) == [("sharing", "Share this article")]


def test_invalid_utf8_names_the_byte_and_the_line() -> None:
    error = refusal(read_text, b"one\r\ntwo\rth\xffree")
    assert error.line == 3
    assert error.reason == "byte 11 (0xff) is not valid UTF-8"


def test_the_byte_order_mark_counts_in_the_byte_offset() -> None:
    assert "byte 4 (0xff)" in refusal(read_text, b"\xef\xbb\xbfa\xff").reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t\n", "it holds no text"),
        (b"\xef\xbb\xbf", "it holds no text"),
        (b"PK\x03\x04\x00\x00", "it is a binary file (byte 4 is NUL)"),
        (b"\x01\x02\x03\x04ab", "it is a binary file (mostly control bytes)"),
        ("Hello".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    assert refusal(read_text, content).reason == reason


def test_a_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_DOCUMENT_BYTES", 100)
    assert read_one(read_text, "x" * 100).text == "x" * 100
    assert "larger than 100 bytes" in refusal(read_text, "x" * 101).reason


def test_an_id_that_cannot_be_stored_is_named() -> None:
    (item,) = read_text(BytesIO(b"Some text"), source=Source(name="a/b.txt", default_id="a/b"))
    assert isinstance(item, UnreadableArticle)
    assert item.field == "id"


@given(st.binary(max_size=300))
def test_any_bytes_give_one_article_or_one_error(content: bytes) -> None:
    (item,) = read_all(read_text, content)
    assert item.source == SOURCE.name if isinstance(item, UnreadableArticle) else item.id == "bridge"


@given(st.text(min_size=1, max_size=300).filter(lambda text: text.strip("\ufeff").strip()))
def test_any_text_without_control_characters_is_stored_with_lf_only(text: str) -> None:
    (item,) = read_all(read_text, text.encode(errors="replace"))
    if isinstance(item, Article):
        expected = text.encode(errors="replace").decode().removeprefix("\ufeff")
        assert item.text == expected.replace("\r\n", "\n").replace("\r", "\n")
