"""Every error the evaluator raises.

EvalError
├── BadQuestions       a question file cannot be used; names the file and the line
├── BadExchange        a TREC or BEIR file cannot be used; names the file and the line
├── BadCollection      the articles to search are missing or one cannot be read
├── UnknownSplit       a question file has no such split
├── UnknownSystem      no system has this name and no run file this path
└── Unwritable         a file cannot be written
"""

from collections.abc import Sequence
from pathlib import Path


class EvalError(Exception):
    """Base of all errors of this layer."""


class _BadFile(EvalError):
    def __init__(self, reason: str, *, source: Path, line: int | None = None) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        super().__init__(f"{source}: {reason}" if line is None else f"{source}, line {line}: {reason}")


class BadQuestions(_BadFile):
    """A question file cannot be used. Nothing is skipped: one bad line refuses the file."""


class BadExchange(_BadFile):
    """A file of a BEIR folder, a TREC run or TREC qrels cannot be used."""


class BadCollection(EvalError):
    """The articles to search are missing or one of them cannot be read."""

    def __init__(self, reason: str, *, sources: Sequence[Path]) -> None:
        self.reason = reason
        self.sources = tuple(sources)
        super().__init__(reason)


class UnknownSplit(EvalError):
    """Question files have splits of other names."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"--split: {name} is none of {', '.join(known)}")


class UnknownSystem(EvalError):
    """A comparison names neither a system of the table nor a run file."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"--compare: {name} is neither a run file nor one of {', '.join(known)}")


class Unwritable(EvalError):
    """A file cannot be written."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file} cannot be written: {reason}")
