"""Models that cannot be exported are refused by name, leave no export, and no code of theirs is run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from indexing.encoders.backend import Backend, Precision
from indexing.encoders.exported import export_folder
from indexing.errors import EncoderError, EncoderNotFound
from tests.indexing.models import exported, opened, tiny_model, unwarned

pytestmark = pytest.mark.model


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
