"""Errors of the benchmark. One of a single system is told in its row, and the others go on.

EvalError
├── BadOption      an option of `byline bench` has a value it cannot have
└── SystemFailed   one system could not be installed, started or measured
"""

from eval.errors import EvalError


class BadOption(EvalError):
    """The message begins with the option."""

    def __init__(self, option: str, reason: str) -> None:
        self.option = option
        self.reason = reason
        super().__init__(f"{option}: {reason}")


class SystemFailed(EvalError):
    """What a system could not do, and what it said."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")
