"""Exporting: other models than the packaged one are exported faithfully, once, and refused where an export changed."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from indexing.encoders.backend import Backend, Precision
from indexing.encoders.choose import open_encoder
from indexing.encoders.exported import (
    FILES,
    MANIFEST,
    MODEL,
    TOKENIZER,
    ExportManifest,
    export_folder,
    read_manifest,
    write_manifest,
)
from indexing.encoders.onnx import OnnxEncoder
from indexing.encoders.protocol import PieceEncoder
from indexing.errors import ExportRefused
from tests.indexing.models import LEAST_COSINE, cosines, exported, opened, tiny_model

pytestmark = pytest.mark.model

TINY_TEXTS = ["why?", "the harbour reopened.", "", "naïve café 서울 42", "on monday, it closed"]


@dataclass(frozen=True, slots=True)
class Made:
    """A model whose export tests may read, or damage in a copy of the cache: each takes seconds of a processor."""

    folder: Path
    cache: Path
    manifest: ExportManifest


@pytest.fixture(scope="module")
def in_fp32(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("fp32"), Precision.FP32)


@pytest.fixture(scope="module")
def in_int8(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("int8"), Precision.INT8)


def made(within: Path, precision: Precision) -> Made:
    folder = tiny_model(within / "model")
    return Made(folder, within / "cache", exported(folder, within / "cache", precision))


# each two values of two parameters meet in one of them
@pytest.mark.parametrize(
    ("as_precision", "normalise", "pooling"),
    [
        (Precision.FP32, False, "mean"),
        (Precision.FP32, True, "cls"),
        (Precision.INT8, False, "cls"),
        (Precision.INT8, True, "mean"),
    ],
)
def test_a_small_model_is_exported_and_agrees_with_its_original(
    tmp_path: Path,
    as_precision: Precision,
    normalise: bool,  # noqa: FBT001 - a parameter of the test
    pooling: str,
) -> None:
    folder = tiny_model(tmp_path / "model", pooling=pooling, normalise=normalise)
    manifest = exported(folder, tmp_path / "cache", as_precision)
    assert manifest.precision is as_precision
    assert manifest.lowest_cosine >= LEAST_COSINE[as_precision]
    assert set(manifest.files) == set(FILES)
    export_of = export_folder(tmp_path / "cache", str(folder), as_precision)
    assert {file.name for file in export_of.iterdir()} == {*FILES, MANIFEST}
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
    former = made(tmp_path, Precision.FP32)
    settings = former.folder / "config_sentence_transformers.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "prompts": {"query": "q "}}))
    changed = exported(former.folder, former.cache)
    assert changed.identity.sha256 != former.manifest.identity.sha256
    assert changed.question_prompt == "q "
    name = str(former.folder)
    assert read_manifest(export_folder(former.cache, name, Precision.FP32), name=name) == changed


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_an_export_whose_file_changed_is_refused_when_it_is_opened(tmp_path: Path, in_fp32: Made, name: str) -> None:
    shutil.copytree(in_fp32.cache, tmp_path / "cache")
    file = export_folder(tmp_path / "cache", str(in_fp32.folder), Precision.FP32) / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ExportRefused, match="has changed since the export"):
        opened(str(in_fp32.folder), Backend.ONNX, tmp_path / "cache", precision=Precision.FP32)


def test_an_export_that_this_processor_computes_otherwise_is_refused(tmp_path: Path, in_int8: Made) -> None:
    name, probe = str(in_int8.folder), in_int8.manifest.probe
    shutil.copytree(in_int8.cache, tmp_path / "cache")
    into = export_folder(tmp_path / "cache", name, Precision.INT8)
    opened(name, Backend.ONNX, tmp_path / "cache")
    write_manifest(into, replace(in_int8.manifest, probe=tuple(-value for value in probe)))
    with pytest.raises(ExportRefused, match="this processor computes other vectors"):
        opened(name, Backend.ONNX, tmp_path / "cache")
