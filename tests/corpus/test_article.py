"""The values of the corpus layer: what a span, an id and an article may be, and what names a revision."""

import hashlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import MAX_ID_LENGTH, Article, Skip, SkipReason, Span, check_id
from corpus.errors import FieldError

LAW = settings(max_examples=60, database=None)
SPANS = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3), (-1, 3)])
def test_a_span_is_never_empty_reversed_or_negative(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"{start}:{end}"):
        Span(start, end)


@LAW
@given(text=STORABLE, span=SPANS)
def test_a_span_gives_exactly_the_slice_or_refuses_a_text_too_short(text: str, span: Span) -> None:
    if span.end <= len(text):
        assert span.of(text) == text[span.start : span.end]
        assert len(span.of(text)) == span.end - span.start
    else:
        with pytest.raises(ValueError, match="beyond a text of"):
            span.of(text)


@LAW
@given(one=SPANS, other=SPANS)
def test_overlap_counts_the_shared_positions_from_either_side(one: Span, other: Span) -> None:
    shared = len(set(range(one.start, one.end)) & set(range(other.start, other.end)))
    assert one.overlap(other) == other.overlap(one) == shared


@LAW
@given(text=STORABLE.filter(lambda text: bool(text.strip())))
def test_a_revision_is_the_sha_256_of_the_text_and_of_nothing_else(text: str) -> None:
    plain = Article(id="a", text=text, title="t")
    described = Article(id="b", text=text, title="another", publisher="p", published_at=date(2020, 1, 1))
    assert plain.revision == described.revision == hashlib.sha256(text.encode("utf-8")).hexdigest()


@pytest.mark.parametrize("article_id", ["a", "harbour-2019", "서울-1", "a b", "ünï", "x" * MAX_ID_LENGTH, "...", "😀"])
def test_printable_ids_without_a_slash_are_accepted(article_id: str) -> None:
    check_id(article_id)


@pytest.mark.parametrize(
    "article_id",
    [
        "",
        " a",
        "a ",
        "a/b",
        "a\\b",
        "a\nb",
        "a\x00",
        "a\x7f",
        ".",
        "..",
        "a\u200b",
        "\ud800",
        "x" * (MAX_ID_LENGTH + 1),
    ],
)
def test_ids_that_break_a_path_or_a_terminal_are_refused_by_name(article_id: str) -> None:
    with pytest.raises(ValueError, match=r"^id: "):
        Article(id=article_id, text="text", title="title")


@pytest.mark.parametrize("name", ["text", "title", "publisher", "author", "url"])
@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_what_cannot_be_stored_faithfully_is_refused_naming_field_and_place(name: str, bad: str) -> None:
    fields = {"text": "text", "title": "title", name: bad}
    with pytest.raises(FieldError, match=rf"^{name}: .* at 1$"):
        Article(id="a", **fields)  # type: ignore[arg-type]  # one of several text fields by name


@pytest.mark.parametrize("name", ["text", "title"])
@pytest.mark.parametrize("empty", ["", " \n\t\u3000"])
def test_an_article_without_text_or_title_is_refused_naming_the_field(name: str, empty: str) -> None:
    fields = {"text": "text", "title": "title", name: empty}
    with pytest.raises(ValueError, match=rf"^{name}: it is empty"):
        Article(id="a", **fields)  # type: ignore[arg-type]  # one of two text fields by name


@pytest.mark.parametrize("spans", [[(0, 3), (2, 4)], [(4, 6), (0, 2)], [(8, 11)]])
def test_skips_out_of_order_overlapping_or_outside_the_text_are_refused(spans: list[tuple[int, int]]) -> None:
    skipped = tuple(Skip(Span(*span), SkipReason.LINKS) for span in spans)
    with pytest.raises(ValueError, match=r"^skipped: "):
        Article(id="a", text="0123456789", title="title", skipped=skipped)


def test_adjoining_skips_that_cover_the_whole_text_are_accepted() -> None:
    skipped = (Skip(Span(0, 4), SkipReason.COOKIES), Skip(Span(4, 10), SkipReason.LINKS))
    assert Article(id="a", text="0123456789", title="title", skipped=skipped).skipped == skipped
