"""What is sent to workers and back arrives as it was sent."""

import socket
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from corpus.errors import UnreadableArticle
from corpus.library.records import PieceCodes
from corpus.readers.source import Source
from corpus.readers.wire import Order, Progress
from indexing.preparing import Prepared
from indexing.spread.frames import Frame, received, send
from indexing.spread.wire import (
    FileOrder,
    FileRead,
    files_told,
    prepared_told,
    preparing_order,
    reading_order,
    to_files,
    to_prepared,
    to_work,
)
from tests.indexing.samples import LAW, article
from tests.indexing.test_spread import ENCODING, same

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)


@LAW
@given(texts=st.lists(TEXT, max_size=4), names=st.lists(st.text(min_size=1), max_size=3))
def test_orders_arrive_as_they_were_sent(texts: list[str], names: list[str]) -> None:
    articles = [
        Article(id=f"a{n}", text=text, title="t", skipped=(Skip(Span(0, 1), SkipReason.LINKS),))
        for n, text in enumerate(texts)
    ]
    assert to_work(preparing_order(ENCODING, articles)) == (ENCODING, articles)
    files = [FileOrder(name, Order("text", Source(name=name, default_id="d"))) for name in [*names, "caf\udce9\n.txt"]]
    assert to_work(reading_order(files)) == files


@LAW
@given(texts=st.lists(TEXT, max_size=4), dim=st.sampled_from([16, 48]), seed=st.integers(0, 99))
def test_what_is_made_of_articles_arrives_bit_for_bit(texts: list[str], dim: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    made = []
    for text in texts:
        spans = tuple(Span(at, at + 1) for at in range(min(len(text), 5)))
        vectors = random.standard_normal((len(spans), dim)).astype(np.float16)
        pieces = tuple(PieceCodes(random.bytes(span.end), random.bytes(2 * span.end)) for span in spans)
        made.append(Prepared(spans, vectors, pieces))
    told = prepared_told(made)
    found = to_prepared(told)
    assert all(map(same, found, made))
    assert len(found) == len(made)
    if made:
        with pytest.raises(ValueError, match="bytes"):
            to_prepared(told + b"x")


def test_what_was_found_in_files_arrives_with_its_errors() -> None:
    error = UnreadableArticle("no", source="caf\udce9", line=3, field="id")
    files = [FileRead(None, ()), FileRead(7, (Progress(5, article("a", "Words\nof it.")), Progress(7, error)))]
    nothing, found = to_files(files_told(files))
    assert nothing == files[0]
    assert found.items[0] == files[1].items[0]
    item = found.items[1].item
    assert isinstance(item, UnreadableArticle)
    assert str(item) == str(error)


def test_frames_keep_their_borders_and_end_with_the_other_end() -> None:
    one, other = socket.socketpair()
    frames = [Frame(1, b""), Frame(2**40, b"x" * 1_000_000, failed=True), Frame(3, b"y")]

    def sent() -> None:
        with one:
            for frame in frames:
                send(one, frame)

    sender = threading.Thread(target=sent)
    sender.start()
    assert [received(other) for _ in range(4)] == [*frames, None]
    sender.join()
    other.close()
