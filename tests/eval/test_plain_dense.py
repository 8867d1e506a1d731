"""One vector a document, cut where the encoder stops: exactly as much is read as fits, and vectors are kept rightly."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from eval.questions.values import Question
from eval.systems.plain_dense import PlainDense, beginnings
from indexing.encoders.protocol import Embeddings
from tests.eval.samples import RIVER, TALKS
from tests.fakes import WordEncoder


class CountingEncoder(WordEncoder):
    """Tells how many texts it has encoded."""

    def __init__(self) -> None:
        super().__init__(max_pieces=9)
        self.encoded = 0

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        self.encoded += len(texts)
        return super().encode_passages(texts)


@given(st.lists(st.text(alphabet="ab c", max_size=60), max_size=4), st.integers(min_value=3, max_value=12))
def test_a_beginning_is_the_longest_that_the_encoder_reads(texts: list[str], limit: int) -> None:
    encoder = WordEncoder(max_pieces=limit)
    for text, beginning in zip(texts, beginnings(texts, encoder), strict=True):
        assert text.startswith(beginning)
        assert encoder.count_pieces([beginning])[0] <= limit
        if beginning != text:
            assert encoder.count_pieces([text[: len(beginning) + 1]])[0] > limit


def test_the_article_that_shares_words_with_the_question_comes_first_by_its_beginning_only(tmp_path: Path) -> None:
    system = PlainDense([TALKS, RIVER], encoder=CountingEncoder(), cache=tmp_path)
    found = system.respond(Question("q", "Who swam across the river?"), k=2)
    assert [one.key for one in found.passages] == ["river", "talks"]
    early, late = "Ministry talks in May", "zebra " + RIVER.text
    unread = [replace(TALKS, text=f"{early}. {'and so on ' * 9} zebra"), replace(RIVER, text=late)]
    ranked = PlainDense(unread, encoder=CountingEncoder(), cache=tmp_path).respond(Question("q", "zebra"), k=1)
    assert ranked.passages[0].key == "river"


def test_vectors_are_kept_until_a_document_changes(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    question = Question("q", "Who swam?")
    first = PlainDense([RIVER, TALKS], encoder=encoder, cache=tmp_path).respond(question, k=2)
    again = PlainDense([RIVER, TALKS], encoder=encoder, cache=tmp_path).respond(question, k=2)
    assert first == again
    assert encoder.encoded == 2
    PlainDense([RIVER, replace(TALKS, text="Nobody swam.")], encoder=encoder, cache=tmp_path)
    assert encoder.encoded == 4
