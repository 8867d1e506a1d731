"""What one call of `byline bench` asks for, checked before anything is installed or measured."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from eval.bench.errors import BadOption
from eval.bench.systems import OURS, PEERS, System
from eval.writable import check_outputs

PARTS = ("indexing", "start", "query", "http", "scale")
PASSAGES = 5_000
_LEAST = 20
"""Passages: fewer than are asked for twice over say nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one call; each as the command's help says."""

    parts: tuple[str, ...] = ("indexing", "start", "query", "http")
    peers: tuple[System, ...] = PEERS
    beir: Path | None = None
    passages: int | None = None
    questions: int = 200
    indexed: int = 1_000
    rounds: int = 3
    seconds: float = 5.0
    sizes: tuple[int, ...] = ()
    pip_flags: tuple[str, ...] = ()
    json: Path | None = None
    markdown: Path | None = None
    plot: Path | None = None

    def __post_init__(self) -> None:
        """Raises Unwritable: better now than after an hour."""
        check_outputs((self.json, self.markdown, self.plot))

    @property
    def systems(self) -> tuple[System, ...]:
        """In the order of their turns."""
        return (OURS, *self.peers)


def parts_of(text: str | None, *, scale: bool) -> tuple[str, ...]:
    """Of `--only`: all but the sizes where nothing is said, and those if sizes are. Raises BadOption."""
    if text is None:
        return PARTS if scale else PARTS[:-1]
    named = _names(text)
    for name in named or [text]:
        if name not in PARTS:
            raise BadOption("--only", f"{name!r} is none of {', '.join(PARTS)}")
    if "scale" in named and not scale:
        raise BadOption("--only", "scale is measured at the sizes that --scale names, and it names none")
    return tuple(part for part in PARTS if part in named)


def peers_of(text: str) -> tuple[System, ...]:
    """Of `--peers`: `all`, `none` or names. Raises BadOption."""
    if text in {"all", "none"}:
        return PEERS if text == "all" else ()
    by_name = {peer.name: peer for peer in PEERS}
    named = _names(text)
    for name in named or [text]:
        if name not in by_name:
            raise BadOption("--peers", f"{name!r} is none of {', '.join(by_name)}, all, none")
    return tuple(peer for peer in PEERS if peer.name in named)


def sizes_of(text: str) -> tuple[int, ...]:
    """Of `--scale`. Raises BadOption."""
    sizes = []
    for name in _names(text):
        if not name.isdecimal() or int(name) < _LEAST:
            raise BadOption("--scale", f"{name!r} is no number of passages, {_LEAST} or more")
        sizes.append(int(name))
    return tuple(sorted(set(sizes)))


def flags_of(text: str) -> tuple[str, ...]:
    """Of `--pip-flags`, split as a shell does. Raises BadOption."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise BadOption("--pip-flags", str(error)) from error


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]
