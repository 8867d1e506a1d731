"""What decides how articles are read, split and encoded besides the model: to be the same wherever that is done."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import corpus
import indexing

_PACKAGES = ("onnxruntime", "pypdf", "regex", "sentence-transformers", "sentencex", "tiktoken", "tokenizers", "torch",
             "trafilatura")  # fmt: skip


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Byline's own code, by its hash, and the packages that it does this with."""
    return ("Byline's code", _code()), *((name, _version(name)) for name in _PACKAGES)


def differing(here: tuple[tuple[str, str], ...], there: tuple[tuple[str, str], ...]) -> str | None:
    """The first difference in words; None if there is none."""
    other = dict(there)
    for name, wanted in here:
        if other.get(name) != wanted:
            return f"{name} is {other.get(name, 'unknown')} there and {wanted} here"
    return None


def _code() -> str:
    """Twelve digits of a SHA-256 over the sources of both layers."""
    digest = hashlib.sha256()
    for package in (corpus, indexing):
        folder = Path(package.__path__[0])
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
