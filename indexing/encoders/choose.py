"""The one place that decides which encoder runs, and has it exported first where that is needed."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

from corpus.durable import make_folder
from corpus.own_process import module_command, module_environment
from indexing.encoders.backend import Backend, Precision
from indexing.encoders.exported import MANIFEST, export_folder, read_manifest
from indexing.encoders.onnx import OnnxEncoder
from indexing.encoders.protocol import PieceEncoder
from indexing.encoders.source import find_model
from indexing.errors import CacheUnusable, ExportRefused


def open_encoder(
    name: str,
    *,
    backend: Backend,
    precision: Precision,
    cache: Path,
    threads: int,
    device: str,
    on_export: Callable[[str], None],
) -> PieceEncoder:
    """The encoder for a model by name or folder.

    The precision is ONNX Runtime's; sentence-transformers computes in fp32. The first use of a model with ONNX Runtime
    exports it (about 20 s), after `on_export` was told its name.
    Raises EncoderNotFound, ExportRefused, DeviceUnusable or CacheUnusable.
    """
    if backend is Backend.SENTENCE_TRANSFORMERS:
        # imports torch: about 6 s and 1 GB that serving does without
        from indexing.encoders import sentence_transformers  # noqa: PLC0415

        return sentence_transformers.open_encoder(name, device=device, threads=threads)
    folder = export_folder(cache, name, precision)
    if not _is_current(folder, name):
        _check_cache(cache)
        on_export(name)
        _export(name, precision=precision, cache=cache)
    return OnnxEncoder(folder, name=name, threads=threads)


def _is_current(folder: Path, name: str) -> bool:
    """Whether an export is there, and still that of the model if the model is a folder, which may change."""
    if not (folder / MANIFEST).exists():
        return False
    return not Path(name).is_dir() or read_manifest(folder, name=name).identity.sha256 == find_model(name).sha256


def _check_cache(cache: Path) -> None:
    try:
        make_folder(folder := cache / "encoders")
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CacheUnusable(cache, error.strerror or str(error)) from error


def _export(name: str, *, precision: Precision, cache: Path) -> None:
    # a process of its own: the one that serves must not carry torch
    command = module_command("indexing.encoders.export", name, "--precision", precision, "--cache", str(cache))
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=module_environment())  # noqa: S603
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ExportRefused(name, last.removeprefix(f"encoder {name}: "))
