"""Every error of publishing figures.

EvalError
└── FiguresError
    ├── MeasurementFailed   a command ended with an error
    └── NoPlace             a page has no place for figures of this name
"""

from pathlib import Path

from eval.errors import EvalError


class FiguresError(EvalError):
    """Base of all errors of this package."""


class MeasurementFailed(FiguresError):
    """A command ended with an error, which it has told itself."""

    def __init__(self, command: str, status: int) -> None:
        self.command = command
        self.status = status
        super().__init__(f"`{command}` ended with exit status {status}")


class NoPlace(FiguresError):
    """A page lacks the two lines between which figures of this name stand."""

    def __init__(self, name: str, page: Path) -> None:
        self.name = name
        self.page = page
        super().__init__(f"{page} has no place for the figures {name!r}")
