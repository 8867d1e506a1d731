"""The packaged model: every way to run it keeps one contract, and they agree."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from corpus.article import Article
from indexing.encoders.backend import Backend, Precision
from indexing.encoders.protocol import Encoded, PieceEncoder, passage_input
from indexing.encoders.source import PACKAGED_NAME, find_model
from indexing.errors import PassageTooLong
from indexing.splitter import Limits, Splitter
from indexing.tokens import count_tokens
from service.settings import load_settings
from tests.indexing.models import LEAST_COSINE, cosines, opened

pytestmark = pytest.mark.model

TEXTS = [
    "The harbour reopened on Tuesday after engineers had checked every crane.",
    "?",
    "",
    "Harbour reopens\nCranes were checked.\r\n\tTwo ferries  stayed in port.",
    "L'accord sera signé à Genève; 서울은 논평하지 않았다. 漢字かな交じり文 😀👨\u200d👩\u200d👧 e\u0301",
    "a" * 90,
    "supercalifragilisticexpialidocious " * 20,
    "ALL CAPITALS, 08:04, $1,234.56 and <|endoftext|> [SEP] [MASK] ##ing",
    "The council voted against the budget. " * 30,
    "\u0600\ufffd\u200b\ufeff",
]


REFERENCE = "reference"
WAYS = {
    REFERENCE: (Backend.SENTENCE_TRANSFORMERS, Precision.FP32),
    "fp32": (Backend.ONNX, Precision.FP32),
    "int8": (Backend.ONNX, Precision.INT8),
}
"""Every way to run the model, and what it computes in: each keeps the contract and is held against the reference."""
OTHERS = [name for name in WAYS if name != REFERENCE]


def run_as(name: str) -> PieceEncoder:
    backend, precision = WAYS[name]
    return opened(PACKAGED_NAME, backend, load_settings().cache, precision=precision)


@pytest.fixture(scope="module")
def reference() -> PieceEncoder:
    return run_as(REFERENCE)


@pytest.fixture(scope="module", params=OTHERS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def other(way: str) -> PieceEncoder:
    return run_as(way)


@pytest.fixture(scope="module")
def least(way: str) -> float:
    """The cosine that no vector may have less of with the reference's."""
    return LEAST_COSINE[WAYS[way][1]]


@pytest.fixture(scope="module", params=WAYS)
def encoder(request: pytest.FixtureRequest) -> PieceEncoder:
    if request.param == REFERENCE:
        chosen: PieceEncoder = request.getfixturevalue("reference")
        return chosen
    return run_as(str(request.param))


@pytest.fixture(scope="module", params=list(Precision))
def precision(request: pytest.FixtureRequest) -> Precision:
    return Precision(request.param)


@pytest.fixture(scope="module")
def onnx(precision: Precision) -> PieceEncoder:
    return opened(PACKAGED_NAME, Backend.ONNX, load_settings().cache, precision=precision)


def test_the_packaged_model_is_what_it_says_it_is(encoder: PieceEncoder) -> None:
    assert (encoder.identity.name, encoder.identity.dim, encoder.identity.max_pieces) == (PACKAGED_NAME, 384, 256)
    assert encoder.identity.sha256 == find_model(PACKAGED_NAME).sha256


def test_every_backend_is_one_model_for_a_library(other: PieceEncoder, reference: PieceEncoder) -> None:
    assert other.identity == reference.identity


def test_vectors_are_of_unit_length_one_row_a_text(encoder: PieceEncoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    question = encoder.encode_question("Why did the harbour close?")
    assert question.shape == (384,)
    assert question.dtype == np.float32
    assert float(np.linalg.norm(question)) == pytest.approx(1, abs=1e-5)


def test_every_backend_gives_the_same_word_pieces_at_the_same_places(
    other: PieceEncoder, reference: PieceEncoder, least: float
) -> None:
    for found, expected in zip(
        other.encode_passages_with_pieces(TEXTS), reference.encode_passages_with_pieces(TEXTS), strict=True
    ):
        same_encoded(found, expected, least)
    question = "Why did the harbour close?"
    found = other.encode_question_with_pieces(question)
    same_encoded(found, reference.encode_question_with_pieces(question), least)
    assert [question[start:end] for start, end in found.spans.tolist()] == [
        "Why",
        "did",
        "the",
        "harbour",
        "close",
        "?",
    ]


def test_a_long_question_has_the_pieces_of_all_its_parts(
    other: PieceEncoder, reference: PieceEncoder, least: float
) -> None:
    body = "Did a walrus swim there? " * 60
    found = other.encode_question_with_pieces(body)
    assert [body[start:end] for start, end in found.spans[-2:].tolist()] == ["there", "?"]
    assert len(found.spans) == 60 * len(other.encode_question_with_pieces("Did a walrus swim there?").spans)
    np.testing.assert_allclose(found.vector, other.encode_question(body), atol=1e-5)
    same_encoded(found, reference.encode_question_with_pieces(body), least)


def same_encoded(found: Encoded, expected: Encoded, least: float) -> None:
    np.testing.assert_array_equal(found.spans, expected.spans)
    assert float(found.vector @ expected.vector) >= least
    assert float((found.pieces * expected.pieces).sum(axis=1).min(initial=1)) >= least
    np.testing.assert_allclose(np.linalg.norm(found.pieces, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: PieceEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, 384)
    assert encoder.count_pieces([]) == []


def test_a_text_has_the_same_vector_alone_in_any_batch_and_in_any_order(encoder: PieceEncoder) -> None:
    together = encoder.encode_passages(TEXTS)
    backwards = encoder.encode_passages(TEXTS[::-1])[::-1]
    alone = np.vstack([encoder.encode_passages([text]) for text in TEXTS])
    many = encoder.encode_passages(TEXTS * 3)[-len(TEXTS) :]
    for again in (backwards, alone, many):
        assert float((together * again).sum(axis=1).min()) >= LEAST_COSINE[Precision.FP32]


def test_an_exported_encoder_makes_of_a_text_the_very_same_whatever_else_is_under_way(
    onnx: PieceEncoder, precision: Precision
) -> None:
    alone = [onnx.encode_passages_with_pieces([text])[0] for text in TEXTS]
    asked = [onnx.encode_question_with_pieces(text) for text in TEXTS]
    other = opened(PACKAGED_NAME, Backend.ONNX, load_settings().cache, precision=precision, threads=3)
    with ThreadPoolExecutor(4) as pool:
        batches = [
            pool.submit(each.encode_passages_with_pieces, some)
            for each in (onnx, other)
            for some in (TEXTS, TEXTS[::-1], TEXTS * 3)
        ]
        questions = list(pool.map(onnx.encode_question_with_pieces, TEXTS))
        encoded = [
            (some, batch.result()) for some, batch in zip((TEXTS, TEXTS[::-1], TEXTS * 3) * 2, batches, strict=True)
        ]
    for texts, found in encoded:
        for text, one in zip(texts, found, strict=True):
            expected = alone[TEXTS.index(text)]
            np.testing.assert_array_equal(one.vector, expected.vector)
            np.testing.assert_array_equal(one.pieces, expected.pieces)
    for one, expected in zip(questions, asked, strict=True):
        np.testing.assert_array_equal(one.vector, expected.vector)
    np.testing.assert_array_equal(onnx.encode_passages(TEXTS), np.stack([one.vector for one in alone]))


def test_word_pieces_are_counted_alike(other: PieceEncoder, reference: PieceEncoder) -> None:
    assert other.count_pieces(TEXTS) == reference.count_pieces(TEXTS)
    assert other.count_pieces(["", "harbour"]) == [2, 3]


def test_every_backend_agrees_with_the_reference(other: PieceEncoder, reference: PieceEncoder, least: float) -> None:
    assert min(cosines(other, reference, TEXTS)) >= least


def test_what_is_similar_is_nearer_than_what_is_not(encoder: PieceEncoder) -> None:
    question = encoder.encode_question("When did the port open again?")
    near, far = encoder.encode_passages(["The harbour reopened on Tuesday.", "He likes strawberry jam."]) @ question
    assert near > far + 0.2


def test_a_passage_too_long_is_refused_and_one_at_the_limit_is_not(encoder: PieceEncoder) -> None:
    limit = encoder.identity.max_pieces
    longest = "harbour " * (limit - 2)
    assert encoder.count_pieces([longest, longest + "harbour"]) == [limit, limit + 1]
    assert encoder.encode_passages([longest]).shape == (1, 384)
    with pytest.raises(PassageTooLong) as caught:
        encoder.encode_passages(["short", longest + "harbour"])
    assert (caught.value.pieces, caught.value.limit) == (limit + 1, limit)


def test_the_end_of_the_longest_passage_is_read(encoder: PieceEncoder) -> None:
    body = "harbour " * (encoder.identity.max_pieces - 4)
    one, other = encoder.encode_passages([body + "walrus", body + "budget"])
    assert float(one @ other) < 0.99999


def test_a_question_longer_than_the_model_reads_is_read_to_its_end(
    other: PieceEncoder, reference: PieceEncoder, least: float
) -> None:
    body = "Why did the harbour close on Monday? " * 60
    for each in (other, reference):
        short, long = each.encode_question(body), each.encode_question(body + "Did a walrus swim there? " * 40)
        assert float(short @ long) < 0.99
        assert float(np.linalg.norm(long)) == pytest.approx(1, abs=1e-5)
    assert float(other.encode_question(body) @ reference.encode_question(body)) >= least


@pytest.mark.parametrize("letter", ["a", "한", "漢", "ΐ", "😀", "é", "\U0001d160"])
@pytest.mark.parametrize("length", [1, 10, 30, 400])
def test_an_article_with_a_long_title_in_any_script_fits_what_the_encoder_reads(
    other: PieceEncoder, letter: str, length: int
) -> None:
    words = " ".join([letter * length] * (400 // length))
    article = Article(id="a", text=f"{words}\n\nThe harbour reopened on Tuesday.", title=words.strip())
    limits = Limits(max_tokens=160, overlap_tokens=40, max_pieces=other.identity.max_pieces)
    splitter = Splitter(limits, count_tokens=count_tokens, count_pieces=other.count_pieces, as_input=passage_input)
    inputs = [passage_input(article.title, span.of(article.text)) for span in splitter.split(article)]
    assert other.encode_passages(inputs).shape[0] == len(inputs)


_SERVING = """
import sys
from pathlib import Path
from indexing.encoders.backend import Backend, Precision
from indexing.encoders.choose import open_encoder
encoder = open_encoder(
    sys.argv[1],
    backend=Backend.ONNX,
    precision=Precision.INT8,
    cache=Path(sys.argv[2]),
    threads=1,
    device="cpu",
    on_export=lambda _: None,
)
encoder.encode_passages(["The harbour reopened."])
encoder.encode_question("Why did it close?")
heavy = {"torch", "transformers", "sentence_transformers", "huggingface_hub"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_a_process_that_serves_imports_neither_torch_nor_transformers(onnx: PieceEncoder) -> None:
    command = [sys.executable, "-c", _SERVING, onnx.identity.name, str(load_settings().cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
