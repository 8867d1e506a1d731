"""The real encoders: both backends keep one contract and agree, and an export that is not faithful is refused."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article
from indexing.encoders.backend import Backend, Precision
from indexing.encoders.choose import open_encoder
from indexing.encoders.exported import (
    MANIFEST,
    MODEL,
    TOKENIZER,
    ExportManifest,
    export_folder,
    read_manifest,
    write_manifest,
)
from indexing.encoders.onnx import OnnxEncoder
from indexing.encoders.protocol import Encoded, PieceEncoder, passage_input
from indexing.encoders.source import PACKAGED_NAME, find_model
from indexing.errors import EncoderError, EncoderNotFound, ExportRefused, PassageTooLong
from indexing.splitter import Limits, Splitter
from indexing.tokens import count_tokens
from service.settings import load_settings

pytestmark = pytest.mark.model

LEAST_COSINE = {Precision.FP32: 0.9999, Precision.INT8: 0.95}
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


@contextmanager
def unwarned() -> Iterator[None]:
    """torch, transformers and the exporter warn of their own plans."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened(
    name: str, backend: Backend, cache: Path, *, precision: Precision = Precision.INT8, threads: int = 2
) -> PieceEncoder:
    with unwarned():
        return open_encoder(
            name,
            backend=backend,
            precision=precision,
            cache=cache,
            threads=threads,
            device="cpu",
            on_export=lambda _: None,
        )


@pytest.fixture(scope="module", params=list(Precision))
def precision(request: pytest.FixtureRequest) -> Precision:
    return Precision(request.param)


@pytest.fixture(scope="module")
def onnx(precision: Precision) -> PieceEncoder:
    return opened(PACKAGED_NAME, Backend.ONNX, load_settings().cache, precision=precision)


@pytest.fixture(scope="module")
def reference() -> PieceEncoder:
    return opened(PACKAGED_NAME, Backend.SENTENCE_TRANSFORMERS, load_settings().cache)


@pytest.fixture(params=[*Precision, "reference"])
def encoder(request: pytest.FixtureRequest) -> PieceEncoder:
    if request.param == "reference":
        chosen: PieceEncoder = request.getfixturevalue("reference")
        return chosen
    return opened(PACKAGED_NAME, Backend.ONNX, load_settings().cache, precision=Precision(request.param))


def cosines(one: PieceEncoder, other: PieceEncoder, texts: list[str]) -> list[float]:
    pairs = [(one.encode_passages(texts), other.encode_passages(texts))]
    questions = [np.stack([each.encode_question(text) for text in texts]) for each in (one, other)]
    pairs.append((questions[0], questions[1]))
    return [float(cosine) for left, right in pairs for cosine in (left * right).sum(axis=1)]


def test_the_packaged_model_is_what_it_says_it_is(encoder: PieceEncoder) -> None:
    assert (encoder.identity.name, encoder.identity.dim, encoder.identity.max_pieces) == (PACKAGED_NAME, 384, 256)
    assert encoder.identity.sha256 == find_model(PACKAGED_NAME).sha256


def test_both_backends_are_one_model_for_a_library(onnx: PieceEncoder, reference: PieceEncoder) -> None:
    assert onnx.identity == reference.identity


def test_vectors_are_of_unit_length_one_row_a_text(encoder: PieceEncoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    question = encoder.encode_question("Why did the harbour close?")
    assert question.shape == (384,)
    assert question.dtype == np.float32
    assert float(np.linalg.norm(question)) == pytest.approx(1, abs=1e-5)


def test_both_backends_give_the_same_word_pieces_at_the_same_places(
    onnx: PieceEncoder, reference: PieceEncoder, precision: Precision
) -> None:
    for one, other in zip(
        onnx.encode_passages_with_pieces(TEXTS), reference.encode_passages_with_pieces(TEXTS), strict=True
    ):
        same_encoded(one, other, precision)
    question = "Why did the harbour close?"
    found = onnx.encode_question_with_pieces(question)
    same_encoded(found, reference.encode_question_with_pieces(question), precision)
    assert [question[start:end] for start, end in found.spans.tolist()] == [
        "Why",
        "did",
        "the",
        "harbour",
        "close",
        "?",
    ]


def test_a_long_question_has_the_pieces_of_all_its_parts(
    onnx: PieceEncoder, reference: PieceEncoder, precision: Precision
) -> None:
    body = "Did a walrus swim there? " * 60
    found = onnx.encode_question_with_pieces(body)
    assert [body[start:end] for start, end in found.spans[-2:].tolist()] == ["there", "?"]
    assert len(found.spans) == 60 * len(onnx.encode_question_with_pieces("Did a walrus swim there?").spans)
    np.testing.assert_allclose(found.vector, onnx.encode_question(body), atol=1e-5)
    same_encoded(found, reference.encode_question_with_pieces(body), precision)


def same_encoded(one: Encoded, other: Encoded, precision: Precision) -> None:
    np.testing.assert_array_equal(one.spans, other.spans)
    assert float(one.vector @ other.vector) >= LEAST_COSINE[precision]
    assert float((one.pieces * other.pieces).sum(axis=1).min(initial=1)) >= LEAST_COSINE[precision]
    np.testing.assert_allclose(np.linalg.norm(one.pieces, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: PieceEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, 384)
    assert encoder.count_pieces([]) == []


def test_a_text_has_the_same_vector_alone_in_any_batch_and_in_any_order(reference: PieceEncoder) -> None:
    together = reference.encode_passages(TEXTS)
    backwards = reference.encode_passages(TEXTS[::-1])[::-1]
    alone = np.vstack([reference.encode_passages([text]) for text in TEXTS])
    many = reference.encode_passages(TEXTS * 3)[-len(TEXTS) :]
    for other in (backwards, alone, many):
        assert float((together * other).sum(axis=1).min()) >= LEAST_COSINE[Precision.FP32]


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


def test_word_pieces_are_counted_alike(onnx: PieceEncoder, reference: PieceEncoder) -> None:
    assert onnx.count_pieces(TEXTS) == reference.count_pieces(TEXTS)
    assert onnx.count_pieces(["", "harbour"]) == [2, 3]


def test_the_exported_encoder_agrees_with_the_reference(
    onnx: PieceEncoder, reference: PieceEncoder, precision: Precision
) -> None:
    assert min(cosines(onnx, reference, TEXTS)) >= LEAST_COSINE[precision]


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
    onnx: PieceEncoder, reference: PieceEncoder, precision: Precision
) -> None:
    body = "Why did the harbour close on Monday? " * 60
    for each in (onnx, reference):
        one, other = each.encode_question(body), each.encode_question(body + "Did a walrus swim there? " * 40)
        assert float(one @ other) < 0.99
        assert float(np.linalg.norm(other)) == pytest.approx(1, abs=1e-5)
    assert float(onnx.encode_question(body) @ reference.encode_question(body)) >= LEAST_COSINE[precision]


@pytest.mark.parametrize("letter", ["a", "한", "漢", "ΐ", "😀", "é", "\U0001d160"])
@pytest.mark.parametrize("length", [1, 10, 30, 400])
def test_an_article_with_a_long_title_in_any_script_fits_what_the_encoder_reads(
    onnx: PieceEncoder, letter: str, length: int
) -> None:
    words = " ".join([letter * length] * (400 // length))
    article = Article(id="a", text=f"{words}\n\nThe harbour reopened on Tuesday.", title=words.strip())
    limits = Limits(max_tokens=160, overlap_tokens=40, max_pieces=onnx.identity.max_pieces)
    splitter = Splitter(limits, count_tokens=count_tokens, count_pieces=onnx.count_pieces, as_input=passage_input)
    inputs = [passage_input(article.title, span.of(article.text)) for span in splitter.split(article)]
    assert onnx.encode_passages(inputs).shape[0] == len(inputs)


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


LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!:;'"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def tiny_model(
    folder: Path,
    *,
    pooling: str = "mean",
    normalise: bool = False,
    max_pieces: int | None = 64,
    prompts: dict[str, str] | None = None,
    default_prompt: str | None = None,
) -> Path:
    """A BERT with two small random layers, saved as sentence-transformers saves a model."""
    with unwarned():
        import torch  # noqa: PLC0415 - takes seconds, and only the tests here need it
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415
            Normalize,
            Pooling,
            Transformer,
        )
        from transformers import BertConfig, BertModel, BertTokenizer  # noqa: PLC0415

        torch.manual_seed(5)
        base = folder.with_name(f"{folder.name}-base")
        base.mkdir()
        (base / "vocab.txt").write_text("\n".join(VOCABULARY))
        config = BertConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
        )
        BertModel(config).save_pretrained(base)
        BertTokenizer(vocab={word: n for n, word in enumerate(VOCABULARY)}).save_pretrained(base)
        transformer = Transformer(str(base), max_seq_length=max_pieces)
        modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)]
        if normalise:
            modules.append(Normalize())
        model = SentenceTransformer(
            modules=modules, device="cpu", prompts=prompts or {}, default_prompt_name=default_prompt
        )
        model.save(str(folder))
    return folder


def exported(folder: Path, cache: Path, precision: Precision = Precision.FP32) -> ExportManifest:
    with unwarned():
        from indexing.encoders.export import export  # noqa: PLC0415 - imports torch

        return export(find_model(str(folder)), precision=precision, cache=cache)


TINY_TEXTS = ["why?", "the harbour reopened.", "", "naïve café 서울 42", "on monday, it closed"]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("as_precision", Precision)
def test_a_small_model_is_exported_and_agrees_with_its_original(
    tmp_path: Path,
    pooling: str,
    normalise: bool,  # noqa: FBT001 - a parameter of the test
    as_precision: Precision,
) -> None:
    folder = tiny_model(tmp_path / "model", pooling=pooling, normalise=normalise)
    manifest = exported(folder, tmp_path / "cache", as_precision)
    assert manifest.precision is as_precision
    assert manifest.lowest_cosine >= LEAST_COSINE[as_precision]
    assert set(manifest.files) == {MODEL, TOKENIZER}
    export_of = export_folder(tmp_path / "cache", str(folder), as_precision)
    assert {file.name for file in export_of.iterdir()} == {MODEL, TOKENIZER, MANIFEST}
    one = OnnxEncoder(export_of, name=str(folder), threads=1)
    other = opened(str(folder), Backend.SENTENCE_TRANSFORMERS, tmp_path)
    assert one.identity == other.identity
    assert one.count_pieces(TINY_TEXTS) == other.count_pieces(TINY_TEXTS)
    assert min(cosines(one, other, TINY_TEXTS)) >= LEAST_COSINE[as_precision]
    np.testing.assert_allclose(np.linalg.norm(one.encode_passages(TINY_TEXTS), axis=1), 1, atol=1e-5)
    assert [path.name for path in export_of.parent.iterdir()] == [export_of.name], "nothing unfinished is left"


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        ({"query": "query: ", "document": "text: "}, None, "text: "),
        # sentence-transformers gives a model without it an empty prompt "document", which goes before these
        ({"query": "query: ", "passage": "passage: "}, None, ""),
        ({"any": "represent: "}, "any", ""),
    ],
)
def test_a_models_prompts_are_set_in_front_and_counted_by_both_backends(
    tmp_path: Path, prompts: dict[str, str], default: str | None, expected: str
) -> None:
    folder = tiny_model(tmp_path / "model", prompts=prompts, default_prompt=default)
    reference = opened(str(folder), Backend.SENTENCE_TRANSFORMERS, tmp_path)
    plain = opened(str(tiny_model(tmp_path / "plain")), Backend.SENTENCE_TRANSFORMERS, tmp_path)
    prompted = [expected + text for text in TINY_TEXTS]
    assert reference.count_pieces(TINY_TEXTS) == plain.count_pieces(prompted)
    np.testing.assert_allclose(reference.encode_passages(TINY_TEXTS), plain.encode_passages(prompted), atol=1e-5)
    exported(folder, tmp_path / "cache")
    onnx = OnnxEncoder(export_folder(tmp_path / "cache", str(folder), Precision.FP32), name=str(folder), threads=1)
    assert onnx.count_pieces(TINY_TEXTS) == reference.count_pieces(TINY_TEXTS)
    assert min(cosines(onnx, reference, TINY_TEXTS)) >= LEAST_COSINE[Precision.FP32]
    for each in (reference, onnx):
        # the prompt is read, and is no part of the text
        (encoded,) = each.encode_passages_with_pieces(["the harbour reopened."])
        assert encoded.spans[0, 0] == 0
        assert encoded.spans[-1, 1] == len("the harbour reopened.")


def test_a_model_that_states_no_limit_reads_no_more_than_it_has_positions_for(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model", max_pieces=None)
    encoder = opened(str(folder), Backend.SENTENCE_TRANSFORMERS, tmp_path)
    assert encoder.identity.max_pieces <= 128
    assert encoder.encode_passages(["a " * (encoder.identity.max_pieces - 2)]).shape == (1, 32)


def test_the_first_use_exports_in_a_process_of_its_own_and_the_second_does_not(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    told: list[str] = []

    def use() -> PieceEncoder:
        return open_encoder(
            str(folder),
            backend=Backend.ONNX,
            precision=Precision.INT8,
            cache=tmp_path,
            threads=1,
            device="cpu",
            on_export=told.append,
        )

    vector = use().encode_question("why?")
    assert told == [str(folder)]
    np.testing.assert_array_equal(use().encode_question("why?"), vector)
    assert told == [str(folder)]


def test_a_folder_whose_model_changed_is_exported_anew(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    first = exported(folder, tmp_path / "cache")
    settings = folder / "config_sentence_transformers.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "prompts": {"query": "q "}}))
    second = exported(folder, tmp_path / "cache")
    assert second.identity.sha256 != first.identity.sha256
    assert second.question_prompt == "q "
    assert read_manifest(export_folder(tmp_path / "cache", str(folder), Precision.FP32), name=str(folder)) == second


def _truncated_weights(folder: Path) -> None:
    weights = next(folder.rglob("model.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1000])


def _nonsense_weights(folder: Path) -> None:
    next(folder.rglob("model.safetensors")).write_bytes(b"nonsense" * 100)


def _no_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()


def _broken_configuration(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def _unknown_architecture(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "never-heard-of"}))


def _no_tokenizer(folder: Path) -> None:
    for file in (*folder.glob("tokenizer*"), *folder.glob("vocab*"), *folder.glob("special*")):
        file.unlink()


def _module_that_does_not_exist(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[-1]["type"] = "sentence_transformers.models.NeverHeardOf"
    (folder / "modules.json").write_text(json.dumps(modules))


@pytest.mark.parametrize(
    "damage",
    [
        _truncated_weights, _nonsense_weights, _no_configuration, _broken_configuration, _unknown_architecture,
        _no_tokenizer, _module_that_does_not_exist,
    ],
    ids=lambda damage: damage.__name__.strip("_"),
)  # fmt: skip
def test_a_damaged_model_is_refused_by_name_and_leaves_no_export(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tiny_model(tmp_path / "model")
    damage(folder)
    with pytest.raises(EncoderError) as caught:
        exported(folder, tmp_path / "cache")
    assert caught.value.name == str(folder)
    assert not export_folder(tmp_path / "cache", str(folder), Precision.FP32).exists()


def test_code_that_lies_in_a_models_folder_is_not_run(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    marker = tmp_path / "it-ran"
    (folder / "custom.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass Custom: ...\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[-1]["type"] = "custom.Custom"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(EncoderError):
        exported(folder, tmp_path / "cache")
    assert not marker.exists()


def test_a_model_whose_tokenizer_does_not_tell_places_is_refused_by_either_backend(tmp_path: Path) -> None:
    with unwarned():
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415
        from tokenizers.models import WordLevel  # noqa: PLC0415

        words = Tokenizer(WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))  # noqa: S106 - no password
        SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=8)], device="cpu").save(
            str(tmp_path / "static")
        )
    reason = "its tokenizer has no fast form, which tells where word pieces stand"
    with pytest.raises(EncoderNotFound, match=reason):
        exported(tmp_path / "static", tmp_path / "cache")
    with pytest.raises(EncoderNotFound, match=reason):
        opened(str(tmp_path / "static"), Backend.SENTENCE_TRANSFORMERS, tmp_path / "cache")


def test_a_model_that_cannot_be_found_is_refused_by_the_exporting_process_with_its_reason(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EncoderError, match="no weights in safetensors form"):
        opened(str(empty), Backend.ONNX, tmp_path / "cache")
    assert not export_folder(tmp_path / "cache", str(empty), Precision.INT8).exists()


def test_an_export_whose_file_changed_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    exported(folder, tmp_path / "cache")
    file = export_folder(tmp_path / "cache", str(folder), Precision.FP32) / MODEL
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ExportRefused, match="has changed since the export"):
        opened(str(folder), Backend.ONNX, tmp_path / "cache", precision=Precision.FP32)


def test_an_export_that_this_processor_computes_otherwise_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    manifest = exported(folder, tmp_path / "cache", Precision.INT8)
    into = export_folder(tmp_path / "cache", str(folder), Precision.INT8)
    opened(str(folder), Backend.ONNX, tmp_path / "cache")
    write_manifest(into, replace(manifest, probe=tuple(-value for value in manifest.probe)))
    with pytest.raises(ExportRefused, match="this processor computes other vectors"):
        opened(str(folder), Backend.ONNX, tmp_path / "cache")
