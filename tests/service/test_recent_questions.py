"""A memory for recent questions changes what a question costs and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article
from indexing.encoders.protocol import Encoded
from indexing.ingest import Draft
from service.compose import Parts
from service.core.recent import RecentQuestions
from service.core.values import Reply
from tests.fakes import WordEncoder, fake_parts

ENTRY = 48 * 4 + 48 * 4 + 8
"""Bytes of a question of one word: its vector, one piece and its place."""


class CountingEncoder(WordEncoder):
    """Notes every question that it really encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded: list[str] = []

    def encode_question_with_pieces(self, text: str) -> Encoded:
        self.encoded.append(text)
        return super().encode_question_with_pieces(text)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("home"), answerable_threshold=0.0, question_cache_mb=1)
    made.ingester.put(Draft(Article("ferry", "The ferry sank on Monday. Nobody was hurt. Fuel was spilt.", "Ferry")))
    made.ingester.put(Draft(Article("crane", "A crane fell in March. Two men were hurt.", "Crane")))
    yield made
    made.close()


def untimed(reply: Reply) -> Reply:
    return replace(reply, timings_ms={})


@given(st.lists(st.sampled_from(["Who was hurt?", "who was hurt?", "When did the crane fall?", "Ferry"]), max_size=6))
def test_with_and_without_the_memory_all_answers_are_alike(parts: Parts, questions: list[str]) -> None:
    for question in questions:
        assert untimed(parts.serving_engine.ask(question, k=3)) == untimed(parts.engine.ask(question, k=3))
        assert parts.serving_engine.search(question, k=3) == parts.engine.search(question, k=3)


def test_a_question_asked_again_is_the_very_same_object_and_is_not_encoded_again() -> None:
    encoder = CountingEncoder()
    recent = RecentQuestions(encoder, most_bytes=10_000)
    assert recent.encoded("ferry") is recent.encoded("ferry")
    assert recent.encoded("Ferry") is not recent.encoded("ferry")
    assert encoder.encoded == ["ferry", "Ferry"]


def test_an_engine_for_evaluation_encodes_every_question(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    parts = fake_parts(tmp_path, encoder=encoder, question_cache_mb=16)
    parts.ingester.put(Draft(Article("a", "Words.", "Title")))
    for _ in range(2):
        parts.engine.search("words", k=1)
    assert encoder.encoded == ["words"] * 2
    for _ in range(2):
        parts.serving_engine.search("words", k=1)
    assert encoder.encoded == ["words"] * 3
    parts.close()


def test_a_size_of_nothing_keeps_nothing() -> None:
    encoder = CountingEncoder()
    recent = RecentQuestions(encoder, most_bytes=0)
    assert np.array_equal(recent.encoded("ferry").vector, recent.encoded("ferry").vector)
    assert encoder.encoded == ["ferry", "ferry"]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(min_value=0, max_value=5))
def test_the_memory_holds_what_was_asked_last_and_never_more_than_its_bound(asked: list[str], most: int) -> None:
    encoder = CountingEncoder()
    recent = RecentQuestions(encoder, most_bytes=most * ENTRY)
    for text in asked:
        recent.encoded(text)
    latest = list(dict.fromkeys(reversed(asked)))
    encoder.encoded.clear()
    for text in latest:
        recent.encoded(text)
    assert encoder.encoded == latest[most:]
