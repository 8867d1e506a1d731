"""Finding a model: a folder or the name of one that is on this machine, without pickles and without the network."""

import subprocess
import sys
from pathlib import Path

import pytest

from indexing.encoders.source import PACKAGED_NAME, find_model
from indexing.errors import EncoderError, EncoderNotFound


def model_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_a_folder_is_a_model_named_by_its_path_whose_checksum_follows_its_files(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    first = find_model(str(folder))
    assert (first.name, first.folder) == (str(folder), folder)
    assert find_model(str(folder)) == first
    copy = model_folder(tmp_path / "copy")
    assert find_model(str(copy)).sha256 == first.sha256, "where a model lies does not matter"
    (folder / "README.md").write_text("prose and code do not define the model")
    assert find_model(str(folder)).sha256 == first.sha256
    seen = {first.sha256}
    for file, content in (
        ("model.safetensors", "other weights"),
        ("config.json", '{"a": 1}'),
        ("1_Pooling/config.json", "{}"),
        ("vocab.txt", "a"),
        ("words.txt", "a"),
    ):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content)
        seen.add(find_model(str(folder)).sha256)
    assert len(seen) == 6


@pytest.mark.parametrize("weights", [None, "pytorch_model.bin", "model.pkl"])
def test_a_folder_without_safetensors_is_no_model(tmp_path: Path, weights: str | None) -> None:
    if weights is not None:
        (tmp_path / weights).write_bytes(b"pickled")
    with pytest.raises(EncoderNotFound, match="no weights in safetensors form") as caught:
        find_model(str(tmp_path))
    assert caught.value.name == str(tmp_path)
    assert isinstance(caught.value, EncoderError)


@pytest.mark.parametrize("name", ["a/b/c/d", "no such model!", "-x-/", "\x00"])
def test_a_name_that_is_neither_a_folder_nor_a_hub_name_is_not_found(name: str) -> None:
    with pytest.raises(EncoderNotFound) as caught:
        find_model(name)
    assert caught.value.name == name


_OFFLINE = """
import sys
from indexing.encoders.source import find_model
from indexing.errors import EncoderNotFound
try:
    find_model("nobody/has-this-model")
except EncoderNotFound as error:
    sys.exit(0 if "neither a folder nor a model" in str(error) else str(error))
sys.exit("it was found")
"""


def test_a_hub_name_that_is_not_in_the_local_cache_is_not_found_without_the_network(tmp_path: Path) -> None:
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_packaged_model_is_found_and_is_the_published_one() -> None:
    source = find_model(PACKAGED_NAME)
    assert (source.folder / "model.safetensors").is_file()
    assert source.sha256 == find_model(PACKAGED_NAME).sha256
