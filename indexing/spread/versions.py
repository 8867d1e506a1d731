"""What decides how articles are read, split and encoded besides the model: to be the same wherever that is done."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from indexing.own_code import code_digest

_PACKAGES = ("defusedxml", "htmldate", "lxml", "onnxruntime", "pypdf", "PyYAML", "regex", "sentence-transformers",
             "sentencex", "tiktoken", "tokenizers", "torch", "trafilatura")  # fmt: skip


Versions = tuple[tuple[str, str], ...]
"""Each with the name of what it is of."""


@cache
def versions() -> Versions:
    """Byline's own code, by its hash, and the packages that it does this with."""
    return ("Byline's code", code_digest()), *((name, _version(name)) for name in _PACKAGES)


def differing(here: Versions, there: Versions) -> str | None:
    """The first difference in words; None if there is none."""
    ours, theirs = dict(here), dict(there)
    for name in ours | theirs:
        one, other = ours.get(name, "unknown"), theirs.get(name, "unknown")
        if one != other:
            return f"{name} is {other} there and {one} here"
    return None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
