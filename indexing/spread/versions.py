"""What decides how articles are read, split and encoded besides the model: to be the same wherever that is done."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import corpus
import indexing

_PACKAGES = ("defusedxml", "htmldate", "lxml", "onnxruntime", "pypdf", "PyYAML", "regex", "sentence-transformers",
             "sentencex", "tiktoken", "tokenizers", "torch", "trafilatura")  # fmt: skip


Versions = tuple[tuple[str, str], ...]
"""Each with the name of what it is of."""


@cache
def versions() -> Versions:
    """Byline's own code, by its hash, and the packages that it does this with."""
    return ("Byline's code", _code()), *((name, _version(name)) for name in _PACKAGES)


def differing(here: Versions, there: Versions) -> str | None:
    """The first difference in words; None if there is none."""
    ours, theirs = dict(here), dict(there)
    for name in ours | theirs:
        one, other = ours.get(name, "unknown"), theirs.get(name, "unknown")
        if one != other:
            return f"{name} is {other} there and {one} here"
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
