"""What the process that reads is told and tells: what one side writes the other understands, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import UnreadableArticle
from corpus.readers.source import Source
from corpus.readers.wire import Order, Progress, order_line, to_order, to_told, told_line

ARTICLES = st.builds(
    Article,
    id=st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\."), min_size=1, max_size=5),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(lambda text: f"Text\n{text}"),
    title=st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(lambda text: f"T{text}"),
    publisher=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    published_at=st.none() | st.dates(),
    published_at_inferred=st.booleans(),
    skipped=st.sampled_from([(), (Skip(Span(0, 2), SkipReason.LINKS), Skip(Span(3, 4), SkipReason.APPEAL))]),
)


@settings(max_examples=200, deadline=None, database=None)
@given(article=ARTICLES, name=st.text(), line=st.none() | st.integers(1), field=st.none() | st.text())
def test_what_one_process_tells_the_other_understands(
    article: Article, name: str, line: int | None, field: str | None
) -> None:
    assert to_told(told_line(Progress(7, article))) == Progress(7, article)
    error = UnreadableArticle("it is empty", source=name, line=line, field=field)
    assert told_line(Progress(7, error)).count(b"\n") == 1
    back = to_told(told_line(Progress(7, error)))
    assert isinstance(back, Progress)
    assert isinstance(back.item, UnreadableArticle)
    assert vars(back.item) == vars(error)
    order = Order("html", Source(name, article.id, 3))
    assert to_order(order_line(order)) == order


@pytest.mark.parametrize(
    "line", [b"{}\n", b"[]\n", b"1\n", b"no json\n", b'{"read": 1, "article": {"id": "a"}}\n', b"\xff"]
)
def test_a_line_that_is_none_of_ours_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError, match="no line of a reading process"):
        to_told(line)
