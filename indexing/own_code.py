"""The hash of Byline's own code that reads, splits, encodes and stores articles."""

import hashlib
from pathlib import Path

import corpus
import indexing


def code_digest(*others: Path) -> str:
    """Twelve digits of a SHA-256 over the sources of both layers, and of those in other folders."""
    digest = hashlib.sha256()
    for folder in (*(Path(package.__path__[0]) for package in (corpus, indexing)), *others):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
