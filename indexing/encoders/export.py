"""Exporting a sentence-transformers model to ONNX, once, in a process of its own, checked against the original."""

import argparse
import logging
import os
import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from indexing.checksum import file_sha256
from indexing.encoders.backend import Precision
from indexing.encoders.exported import (
    FILES,
    MODEL,
    PROBE,
    TOKENIZER,
    WEIGHTS,
    ExportManifest,
    export_folder,
    write_manifest,
)
from indexing.encoders.onnx import OnnxEncoder
from indexing.encoders.sentence_transformers import SentenceTransformersEncoder, load
from indexing.encoders.source import ModelSource, find_model
from indexing.errors import EncoderError, ExportRefused

LOWEST_COSINE = {Precision.FP32: 0.9999, Precision.INT8: 0.95}
"""An exported encoder of which any vector of the sample, of a text or of a word piece, is less like the reference's is
refused."""

_LARGE_BYTES = 64 * 1024
"""Tensors from this size on are kept apart from the model."""
_SAMPLE = [
    "Why did the minister resign?",
    "?",
    "A patrol of four soldiers crossed the line at 08:04, fired twice and withdrew, officials said on Thursday.",
    "L'accord sera signé à Genève en présence de M. Müller; 서울은 논평하지 않았다. 😀",
    "The council voted 7 to 5 against the plan. " * 4,
    "The harbour reopened on Tuesday after engineers had checked every crane. " * 14,
    "unpronounceableneologisms supercalifragilistic " * 12,
]


class _Graph(torch.nn.Module):
    """The model as one function from token ids to the sentence's vector and the vectors of its tokens."""

    def __init__(self, model: torch.nn.Module, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features: dict[str, Any] = dict(zip(self.names, inputs, strict=True))
        for module in self.model.children():
            features = module(features)
        return features["sentence_embedding"], features["token_embeddings"]


def export(source: ModelSource, *, precision: Precision, cache: Path) -> ExportManifest:
    """Exports a model into the cache and puts it in place in one step.

    Raises EncoderNotFound if it cannot be loaded, ExportRefused if it cannot be exported faithfully.
    """
    reference = SentenceTransformersEncoder(source, device="cpu", threads=os.cpu_count() or 1)
    final = export_folder(cache, source.name, precision)
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=".unfinished-") as temporary:
        folder = Path(temporary) / "export"
        folder.mkdir()
        _write_tokenizer(reference, folder)
        original = Path(temporary) / MODEL
        _write_model(source, original)
        _set_in_place(original, folder)
        manifest = _checked(folder, reference, precision=Precision.FP32)
        if precision is Precision.INT8:
            manifest = _quantised(original, folder, reference)
        if final.exists():
            final.rename(Path(temporary) / "former")
        folder.rename(final)
    return manifest


def _checked(folder: Path, reference: SentenceTransformersEncoder, *, precision: Precision) -> ExportManifest:
    """Writes the manifest of what is in the folder. Raises ExportRefused if it is not like the reference."""
    identity, prompts = reference.identity, reference.model.prompts
    manifest = ExportManifest(
        identity=identity,
        precision=precision,
        question_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or "",
        lowest_cosine=0.0,
        files={name: file_sha256(folder / name) for name in FILES},
    )
    write_manifest(folder, manifest)
    exported = OnnxEncoder(folder, name=identity.name, threads=os.cpu_count() or 1)
    lowest = _lowest_cosine(reference, exported)
    if not lowest >= LOWEST_COSINE[precision]:
        instead = "BYLINE_ENCODER_PRECISION=fp32"
        if precision is Precision.FP32:
            instead = "BYLINE_ENCODER_BACKEND=sentence-transformers"
        raise ExportRefused(
            identity.name,
            f"a vector of the exported model ({precision}) has cosine {lowest:.5f} with the original's, "
            f"{LOWEST_COSINE[precision]} is the least; use it with {instead}",
        )
    probe = tuple(exported.encode_question(PROBE).tolist())
    checked = replace(manifest, lowest_cosine=lowest, probe=probe)
    write_manifest(folder, checked)
    return checked


def _set_in_place(model: Path, folder: Path) -> None:
    """Puts a model into the folder, its large tensors in a file of their own."""
    # what is there would be added to
    (folder / WEIGHTS).unlink(missing_ok=True)
    onnx.save_model(
        onnx.load(model),
        folder / MODEL,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=WEIGHTS,
        size_threshold=_LARGE_BYTES,
    )
    # a small model has no large tensor
    (folder / WEIGHTS).touch()


def _quantised(original: Path, folder: Path, reference: SentenceTransformersEncoder) -> ExportManifest:
    """Has the exported model's matrix products computed in int8, with a scale for each column of the weights."""
    quantised = original.with_name(f"int8-{MODEL}")
    for narrow in (False, True):
        # without VNNI, products of numbers that use all eight bits overflow; then the weights get by with seven
        quantize_dynamic(
            original,
            quantised,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            reduce_range=narrow,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        _set_in_place(quantised, folder)
        try:
            manifest = _checked(folder, reference, precision=Precision.INT8)
        except ExportRefused:
            if narrow:
                raise
        else:
            break
    return manifest


def _write_tokenizer(reference: SentenceTransformersEncoder, folder: Path) -> None:
    tokenizer: Any = getattr(reference.model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise ExportRefused(reference.identity.name, "its tokenizer has no fast form")
    tokenizer.save(str(folder / TOKENIZER))


def _write_model(source: ModelSource, file: Path) -> None:
    # written out as products and a softmax; torch's fused operator becomes three times as many nodes
    model = load(source.folder, name=source.name, device="cpu", attention="eager")
    # two texts of different length, so that neither the batch nor the length is taken for a constant
    features = dict(model.tokenizer(_SAMPLE[1:3], padding=True, return_tensors="pt"))
    names = list(features)
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    try:
        torch.onnx.export(
            _Graph(model, names).eval(),
            tuple(features.values()),
            str(file),
            input_names=names,
            output_names=["sentence_embedding", "token_embeddings"],
            dynamic_shapes={"inputs": tuple(dynamic for _ in names)},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except Exception as error:
        raise ExportRefused(source.name, f"torch.onnx cannot export it: {error}") from error


def _lowest_cosine(reference: SentenceTransformersEncoder, exported: OnnxEncoder) -> float:
    """Over the sample, as passages, as questions, and by word piece; -1 if the pieces differ."""
    fitting = [
        text
        for text, pieces in zip(_SAMPLE, reference.count_pieces(_SAMPLE), strict=True)
        if pieces <= reference.identity.max_pieces
    ]
    if exported.count_pieces(fitting) != reference.count_pieces(fitting):
        return -1.0
    expected = reference.encode_passages(fitting)
    passages = exported.encode_passages(fitting)
    asked = np.vstack([exported.encode_question(text) for text in fitting])
    questions = np.vstack([reference.encode_question(text) for text in fitting])
    pairs = [(expected, passages), (questions, asked)]
    for one, other in zip(
        reference.encode_passages_with_pieces(fitting), exported.encode_passages_with_pieces(fitting), strict=True
    ):
        if not np.array_equal(one.spans, other.spans):
            return -1.0
        pairs.append((one.pieces, other.pieces))
    return float(min((left * right).sum(axis=1).min(initial=1) for left, right in pairs))


def main() -> int:
    """`python -m indexing.encoders.export MODEL --precision int8 --cache FOLDER`: exports it; 0 when it is in place."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model")
    parser.add_argument("--precision", type=Precision, choices=list(Precision), required=True)
    parser.add_argument("--cache", type=Path, required=True)
    arguments = parser.parse_args()
    # the exporter and what it uses warn of their own plans; what matters here is checked by the cosine
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    try:
        manifest = export(find_model(arguments.model), precision=arguments.precision, cache=arguments.cache)
    except EncoderError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"lowest cosine with the original: {manifest.lowest_cosine:.6f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
