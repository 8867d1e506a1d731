"""JSONL: both forms, each broken line named, and no line longer than the limit held in memory."""

import json
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import UnreadableArticle
from corpus.readers import jsonl
from corpus.readers.jsonl import read_jsonl
from tests.corpus.reading import SOURCE, read_all, read_one, refusal

TEXT = "The council approved the bridge on Monday.\n\nShare this article"


def line(**fields: object) -> str:
    return json.dumps({"id": "a", "text": TEXT, **fields})


def test_every_field_of_our_form_is_read() -> None:
    article = read_one(
        read_jsonl,
        line(
            title="Bridge",
            publisher="The Daily Example",
            published_at="2019-03-05T23:30:00-05:00",
            published_at_inferred=True,
            author="Jane Doe",
            url="https://news.example.org/bridge",
            skipped=[{"start": 0, "end": 3, "reason": "credit"}],
        ),
    )
    assert article == Article(
        id="a",
        text=TEXT,
        title="Bridge",
        publisher="The Daily Example",
        published_at=date(2019, 3, 5),
        published_at_inferred=True,
        author="Jane Doe",
        url="https://news.example.org/bridge",
        skipped=(Skip(Span(0, 3), SkipReason.CREDIT),),
    )


def test_boilerplate_is_marked_only_where_a_record_of_ours_names_none() -> None:
    assert [skip.reason for skip in read_one(read_jsonl, line()).skipped] == [SkipReason.SHARING]
    assert read_one(read_jsonl, line(skipped=[])).skipped == ()
    assert read_one(read_jsonl, json.dumps({"_id": "a", "title": "", "text": TEXT, "metadata": {}})).skipped == ()


def test_beirs_form_is_read() -> None:
    article = read_one(read_jsonl, '{"_id": "7", "title": "Bridges", "text": "They cross.", "metadata": {"url": 5}}')
    assert (article.id, article.title, article.text) == ("7", "Bridges", "They cross.")


def test_a_missing_title_becomes_the_first_words() -> None:
    assert read_one(read_jsonl, line(title=" ", text="one two three")).title == "one two three"
    assert read_one(read_jsonl, line(text="w " * 50)).title == "w w w w w w w w w w …"


def test_the_text_is_stored_as_it_stands() -> None:
    assert read_one(read_jsonl, line(text=" a\r\nb \u2028")).text == " a\r\nb \u2028"


def test_blank_lines_are_ignored_and_lines_counted() -> None:
    items = read_all(read_jsonl, f"\ufeff{line()}\r\n\n  \n{{}}\n{line(id='b')}")
    assert [getattr(item, "id", None) or getattr(item, "line", None) for item in items] == ["a", 4, "b"]


@pytest.mark.parametrize("content", ["", "\n\n", "  \r\n"])
def test_a_file_without_an_article_is_an_error(content: str) -> None:
    assert refusal(read_jsonl, content).reason == "it holds no article"


@pytest.mark.parametrize(
    ("broken", "field", "words"),
    [
        ('{"text": "t"}', "id", "missing"),
        ('{"id": "a"}', "text", "missing"),
        ('{"_id": "a", "title": "t"}', "text", "missing"),
        ('{"id": 7, "text": "t"}', "id", "must be text, not a number"),
        ('{"id": "a/b", "text": "t"}', "id", "slash"),
        ('{"id": "a", "text": ""}', "text", "empty"),
        ('{"id": "a", "text": "a\\u0000b"}', "text", "NUL"),
        ('{"id": "a", "text": "a\\ud800b"}', "text", "surrogate"),
        ('{"id": "a", "text": ["t"]}', "text", "must be text, not a list"),
        ('{"id": "a", "id": "b", "text": "t"}', "id", "stands twice"),
        (line(title={}), "title", "must be text, not an object"),
        (line(title="t" * 5001), "title", "5,001 characters, at most 5,000"),
        (line(publisher="p" * 5001), "publisher", "5,001 characters, at most 5,000"),
        (line(published_at="2018-13-01"), "published_at", "'2018-13-01' is not a date"),
        (line(published_at="2018-12-01T99:00"), "published_at", "is not a date"),
        (line(published_at="2018-W48-6"), "published_at", "is not a date"),
        (line(published_at="\ud800"), "published_at", r"'\ud800' is not a date"),
        (line(published_at=20181201), "published_at", "must be text, not a number"),
        (line(published_at_inferred="yes"), "published_at_inferred", "must be true or false, not text"),
        (line(skipped={}), "skipped", "must be a list"),
        (line(skipped=[7]), "skipped[0]", "must be an object"),
        (line(skipped=[{"start": 0, "reason": "credit"}]), "skipped[0].end", "missing"),
        (line(skipped=[{"start": True, "end": 2, "reason": "credit"}]), "skipped[0].start", "not true or false"),
        (line(skipped=[{"start": 0, "end": 10**30, "reason": "credit"}]), "skipped[0]", "part of the text"),
        (line(skipped=[{"start": 3, "end": 3, "reason": "credit"}]), "skipped[0]", "start < end"),
        (line(skipped=[{"start": 0, "end": 3, "reason": "ugly"}]), "skipped[0].reason", "one of: appeal"),
        (
            line(skipped=[{"start": a, "end": a + 3, "reason": "credit"} for a in (5, 0)]),
            "skipped",
            "begins before the end of the one ahead of it",
        ),
        ("[1]", None, "must be a JSON object, not a list"),
        ('{"id": "a", ', None, "not valid JSON"),
        ('{"id": "a", "text": "t", "x": NaN}', None, "NaN is not a JSON number"),
        ('{"id": "a", "text": "t", "x": -Infinity}', None, "-Infinity is not a JSON number"),
        ('{"id": "a", "text": "t", "x": ' + "9" * 5000 + "}", None, "digits"),
        ('{"id": "a", "text": "t", "x": ' + "[" * 200_000, None, "nested too deeply"),
    ],
)
def test_a_broken_line_names_its_number_and_field_and_the_next_is_read(
    broken: str, field: str | None, words: str
) -> None:
    before, error, after = read_all(read_jsonl, f"{line(id='x')}\n{broken}\n{line(id='y')}\n")
    assert isinstance(before, Article)
    assert isinstance(after, Article)
    assert isinstance(error, UnreadableArticle)
    assert (error.line, error.field) == (2, field)
    assert words in error.reason


def test_invalid_utf8_names_the_byte_in_the_line() -> None:
    _, error = read_all(read_jsonl, line().encode() + b'\n{"id": "\xff"}\n')
    assert isinstance(error, UnreadableArticle)
    assert (error.line, error.reason) == (2, "byte 8 (0xff) is not valid UTF-8")


def test_a_binary_file_is_one_error() -> None:
    assert "binary file" in refusal(read_jsonl, b"\x7fELF\x00\x01\n\x00\n\x00").reason


class CountingStream(BytesIO):
    """Remembers the longest piece it was asked for."""

    longest = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        piece = super().readline(size)
        self.longest = max(self.longest, len(piece))
        return piece


def test_a_line_beyond_the_limit_is_passed_over_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_DOCUMENT_BYTES", 500)
    monkeypatch.setattr(jsonl, "_CHUNK_BYTES", 100)
    stream = CountingStream(f"{line(id='x')}\n{line(text='t' * 10_000)}\n{line(id='y')}\n".encode())
    before, error, after = read_jsonl(stream, source=SOURCE)
    assert isinstance(before, Article)
    assert isinstance(after, Article)
    assert isinstance(error, UnreadableArticle)
    assert error.line == 2
    assert "longer than 500 bytes" in error.reason
    assert stream.longest <= 501


def test_articles_come_before_the_rest_is_read() -> None:
    stream = BytesIO((line() + "\n").encode() * 3)
    next(read_jsonl(stream, source=SOURCE))
    assert stream.tell() == len(line()) + 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "_id", "text", "title", "published_at", "published_at_inferred", "author", "url", "skipped")


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), VALUES, max_size=8))
def test_any_record_gives_one_article_or_one_error(record: dict[str, object]) -> None:
    assert len(read_all(read_jsonl, json.dumps(record))) == 1


@given(st.binary(max_size=200))
def test_any_bytes_give_articles_or_errors(content: bytes) -> None:
    assert read_all(read_jsonl, content)
