"""Exported encoders on disk: where they are, what their manifest says, and whether they are still what was written."""

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from indexing.checksum import file_sha256
from indexing.encoders.backend import Precision
from indexing.encoders.protocol import EncoderIdentity
from indexing.errors import ExportRefused

FORMAT = 4
MANIFEST = "manifest.json"
PROBE = "The harbour reopened on Tuesday after engineers had checked 14 cranes."
MODEL = "model.onnx"
WEIGHTS = "weights.bin"
"""The model's large tensors. ONNX Runtime maps it into memory, so processes share it and hold of the table of word
pieces only what was looked up: 50 MB less in each than with the weights inside the model's own file."""
TOKENIZER = "tokenizer.json"
FILES = (MODEL, WEIGHTS, TOKENIZER)


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What an exported encoder is and how close it came to its reference."""

    identity: EncoderIdentity
    precision: Precision
    question_prompt: str
    passage_prompt: str
    lowest_cosine: float
    """Between the exported encoder's vectors and the reference's, over the sample checked at export."""
    files: dict[str, str]
    """SHA-256 of each file by name."""
    probe: tuple[float, ...] = ()
    """What PROBE was encoded as when the export was checked; empty before that."""


def export_folder(cache: Path, name: str, precision: Precision) -> Path:
    """Where the exported form of the model called `name` is kept; another version's format is another folder."""
    readable = re.sub(r"[^A-Za-z0-9.-]", "-", name)[-60:].strip("-")
    return cache / "encoders" / f"{readable}-{sha256(name.encode()).hexdigest()[:8]}-{precision}-{FORMAT}"


def write_manifest(folder: Path, manifest: ExportManifest) -> None:
    """Writes the manifest next to the files it describes."""
    raw = {"format": FORMAT, **asdict(manifest)}
    (folder / MANIFEST).write_text(json.dumps({"checksum": _checksum(raw), **raw}, indent=2) + "\n")


def read_manifest(folder: Path, *, name: str) -> ExportManifest:
    """The manifest, after the checksums of all its files were compared. Raises ExportRefused."""
    again = f"delete {folder} and run the command again to export it anew"
    try:
        raw = json.loads((folder / MANIFEST).read_text())
        # an earlier version's has none
        if raw.pop("checksum", expected := _checksum(raw)) != expected:
            raise ExportRefused(name, f"{folder / MANIFEST} has changed since the export; {again}")
        if raw.pop("format") != FORMAT:
            raise ExportRefused(name, f"{folder} has another version's format; {again}")
        manifest = ExportManifest(
            **{
                **raw,
                "identity": EncoderIdentity(**raw["identity"]),
                "precision": Precision(raw["precision"]),
                "probe": tuple(raw["probe"]),
            }
        )
        if set(manifest.files) != set(FILES):
            raise ExportRefused(name, f"{folder / MANIFEST} does not vouch for {', '.join(FILES)}; {again}")
        for file, expected in manifest.files.items():
            if file_sha256(folder / file) != expected:
                raise ExportRefused(name, f"{folder / file} has changed since the export; {again}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportRefused(name, f"{folder} is incomplete or damaged ({error}); {again}") from error
    return manifest


def _checksum(raw: dict[str, Any]) -> str:
    """Of all that a manifest says but itself."""
    said = {name: value for name, value in raw.items() if name != "checksum"}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
