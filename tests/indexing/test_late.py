"""Late interaction: codes keep inner products, MaxSim is what its definition says, words count by their rarity."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from onnx import TensorProto, helper

from corpus.article import Span
from indexing.encoders.protocol import Embeddings, Encoded
from indexing.encoders.steps import unit
from indexing.late import codec
from indexing.late.maxsim import maxsim, maxsim_of_spans
from indexing.late.pieces import IN_TITLE, Pieces, loaded, same_pieces, stored, telling
from indexing.late.product import GRAPH, ZERO, product
from indexing.late.question import asked_pieces
from tests.fakes import WordEncoder
from tests.indexing.samples import LAW

ENCODER = WordEncoder()


def random_units(rows: int, dim: int, *, seed: int) -> Embeddings:
    return unit(np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32))


def pieces(*vectors: Embeddings) -> list[Pieces]:
    return [Pieces(codec.encode(one), np.arange(len(one), dtype=np.uint16)) for one in vectors]


def rounding(questions: Embeddings, held: Embeddings) -> Embeddings:
    """The most that rounding questions to eight bits can change inner products: shape (held, questions)."""
    step = np.abs(questions).max(axis=1) / 127
    bound: Embeddings = np.abs(held).sum(axis=1)[:, None] * step / 2 + 1e-5
    return bound


@LAW
@given(dim=st.integers(1, 400), seed=st.integers(0, 99))
def test_rotating_keeps_every_inner_product(dim: int, seed: int) -> None:
    vectors = random_units(4, dim, seed=seed)
    turned = codec.rotated(vectors)
    np.testing.assert_allclose(turned @ turned.T, vectors @ vectors.T, atol=1e-4)


@pytest.mark.parametrize("dim", [384, 381, 48])
def test_codes_take_two_bits_a_dimension_and_keep_cosines_nearly(dim: int) -> None:
    vectors, questions = random_units(200, dim, seed=1), random_units(50, dim, seed=2)
    # as in real models, where some dimensions outweigh others: the rotation is there for that
    uneven = np.linspace(0.1, 3, dim, dtype=np.float32)
    vectors, questions = unit(vectors * uneven + uneven), unit(questions * uneven + uneven)
    codes = codec.encode(vectors)
    assert codes.shape == (200, -(-dim // 4))
    told = codec.similarities(codec.rotated(questions), codes)
    exact = codec.decode(codes) @ codec.rotated(questions).T
    assert (np.abs(told - exact) <= rounding(codec.rotated(questions), codec.decode(codes))).all()
    assert np.abs(told - vectors @ questions.T).max() < 2.5 / np.sqrt(dim)
    assert float((codec.decode(codes) * codec.rotated(vectors)).sum(axis=1).min()) > 0.9


def test_codes_are_written_out_for_ever() -> None:
    """Libraries hold them: another rotation or another order of bits would need another PIECE_CODES."""
    vector = unit(np.arange(1, 9, dtype=np.float32)[None, :])
    assert codec.encode(vector).tobytes().hex() == "325e"


def test_stressing_a_part_gives_the_mean_of_the_whole_and_of_the_part_alone() -> None:
    text = "When did it sink, and who swam the river?"
    part = Span(text.index("who"), len(text))
    question = asked_pieces(ENCODER.encode_question_with_pieces(text), text, idf=lambda term: float(len(term)))
    question = replace(question, vectors=random_units(len(question.weights), 8, seed=7))
    inside = question.weights * (question.starts >= part.start)
    assert 0 < inside.sum() < 1
    held = pieces(*(random_units(3, 8, seed=seed) for seed in range(4)))
    apart = (maxsim(question, held) + maxsim(replace(question, weights=inside / inside.sum()), held)) / 2
    np.testing.assert_allclose(maxsim(question.stressing(part), held), apart, atol=1e-6)


@LAW
@given(counts=st.lists(st.integers(0, 5), max_size=5), seed=st.integers(0, 99))
def test_maxsim_agrees_with_its_definition(counts: list[int], seed: int) -> None:
    passages = [random_units(count, 8, seed=seed + at) for at, count in enumerate(counts)]
    encoded = ENCODER.encode_question_with_pieces("Who swam the river?")
    question = asked_pieces(encoded, "Who swam the river?", idf=lambda _: 2.0)
    question = replace(question, vectors=random_units(len(question.weights), 8, seed=7))
    expected = [
        sum(
            weight * max(float(asked @ piece) for piece in codec.decode(codec.encode(passage)))
            for asked, weight in zip(question.vectors, question.weights, strict=True)
        )
        if len(passage)
        else 0.0
        for passage in passages
    ]
    found = maxsim(question, pieces(*passages))
    for score, wanted, passage in zip(found.tolist(), expected, passages, strict=True):
        bound = rounding(question.vectors, codec.decode(codec.encode(passage))).max(initial=0)
        assert score == pytest.approx(wanted, abs=float(bound))


@LAW
@given(
    places=st.lists(st.integers(0, 60), max_size=12),
    title=st.integers(0, 3),
    ends=st.lists(st.integers(0, 70), max_size=5, unique=True),
)
def test_sentences_score_as_if_each_were_a_passage(places: list[int], title: int, ends: list[int]) -> None:
    held = np.array([*[IN_TITLE] * title, *sorted(places)], np.uint16)
    passage = Pieces(codec.encode(random_units(len(held), 8, seed=len(held))), held)
    spans = [Span(start, end) for start, end in pairwise(sorted({0, *ends}))]
    question = asked_pieces(ENCODER.encode_question_with_pieces("Who swam?"), "Who swam?", idf=lambda _: 2.0)
    question = replace(question, vectors=random_units(len(question.weights), 8, seed=7))
    whole, each = maxsim_of_spans(question, passage, spans)
    expected = maxsim(question, [passage, *(passage.within(span) for span in spans)])
    np.testing.assert_allclose([whole, *each], expected, atol=1e-6)


def test_the_graph_of_the_product_is_the_one_node_that_it_is_said_to_be() -> None:
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "right", "zero"], ["product"])],
        "product",
        [
            helper.make_tensor_value_info("left", TensorProto.UINT8, ["n", "k"]),
            helper.make_tensor_value_info("right", TensorProto.INT8, ["k", "m"]),
        ],
        [helper.make_tensor_value_info("product", TensorProto.INT32, ["n", "m"])],
        [helper.make_tensor("zero", TensorProto.UINT8, [], [ZERO])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9, producer_name="byline")
    assert GRAPH.read_bytes() == model.SerializeToString(deterministic=True)


@LAW
@given(
    left=arrays(np.uint8, array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 2 * ZERO)),
    columns=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_the_product_of_small_integers_is_exact(left: NDArray[np.uint8], columns: int, seed: int) -> None:
    right = np.random.default_rng(seed).integers(-127, 128, (left.shape[1], columns)).astype(np.int8)
    np.testing.assert_array_equal(product(left, right), (left.astype(int) - ZERO) @ right.astype(int))


def test_a_question_without_a_word_scores_every_passage_alike() -> None:
    question = asked_pieces(ENCODER.encode_question_with_pieces("?!"), "?!", idf=lambda _: 1.0)
    assert maxsim(question, pieces(random_units(3, 48, seed=1))).tolist() == [0.0]


def test_rare_words_count_more_and_a_stop_word_counts_a_little() -> None:
    question = "Who swam the Imjin?"
    weights = asked_pieces(
        ENCODER.encode_question_with_pieces(question), question, idf=lambda term: 4.0 if term == "imjin" else 2.0
    ).weights
    np.testing.assert_allclose(weights, np.array([1, 2, 1, 4]) / 8)


def test_the_pieces_of_one_word_share_its_weight() -> None:
    encoded = ENCODER.encode_question_with_pieces("Imjin river")
    halves = Encoded(encoded.vector, np.repeat(encoded.pieces, 2, axis=0), np.array([[0, 2], [2, 5], [6, 9], [9, 11]]))
    weights = asked_pieces(halves, "Imjin river", idf=lambda _: 3.0).weights
    np.testing.assert_allclose(weights, [0.25] * 4)


def test_stop_words_are_not_stored_and_each_piece_knows_its_place_in_the_passage() -> None:
    text = "Night crossing\nHe swam to the bank."
    kept = loaded(stored(ENCODER.encode_passages_with_pieces([text])[0], text, prefix=len("Night crossing\n")))
    assert kept.places.tolist() == [IN_TITLE, IN_TITLE, 3, 15]
    assert kept.codes.shape == (4, 12)
    assert kept.within(Span(3, 15)).places.tolist() == [3]


def test_a_passage_of_stop_words_alone_keeps_them_and_one_without_words_has_no_pieces() -> None:
    for text, count in (("to be or not to be", 6), ("...", 0)):
        encoded = ENCODER.encode_passages_with_pieces([text])[0]
        assert telling(encoded, text).sum() == count
        assert len(loaded(stored(encoded, text, prefix=0)).places) == count


def test_pieces_are_the_same_up_to_rounding_and_no_further() -> None:
    text = "swam bank"
    encoded = ENCODER.encode_passages_with_pieces([text])[0]
    nearly = Encoded(encoded.vector, unit(encoded.pieces + np.float32(1e-4)), encoded.spans)
    other = Encoded(encoded.vector, encoded.pieces[::-1], encoded.spans)
    assert same_pieces(stored(encoded, text, prefix=0), stored(nearly, text, prefix=0))
    assert not same_pieces(stored(encoded, text, prefix=0), stored(other, text, prefix=0))
    assert not same_pieces(stored(encoded, text, prefix=0), stored(encoded, text, prefix=5))
