"""Every error the core raises: for what it was asked, and for the models it works with.

AskError
├── EmptyQuestion       nothing is asked
├── NotText             it holds a lone surrogate, which is half a character
├── QuestionTooLong     more than MAX_QUESTION_LENGTH code points
├── BadK                k is not between 1 and MAX_K
├── BadFilter           a condition on the articles cannot be
└── PassageNotFound     no passage has this id
GeneratorFailed         the language model gave no text that can be used
GeneratorRefused        a language model cannot be set up this way
AnswerableModelBroken   a file is not the fitted model it should be
Cancelled               nobody waits for the reply any more; it stands in cancellation.py
"""

from pathlib import Path

MAX_QUESTION_LENGTH = 2_000
"""Code points; about 400 words, far more than a question and little enough to encode at once."""
MAX_K = 100


class AskError(Exception):
    """What was asked cannot be answered as it stands; `field` names the part that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class EmptyQuestion(AskError):
    """Nothing is asked."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "it is empty")


class NotText(AskError):
    """The question holds half a character."""

    def __init__(self, field: str, position: int) -> None:
        super().__init__(field, f"it holds a lone surrogate at {position}")


class QuestionTooLong(AskError):
    """The question is longer than the service reads."""

    def __init__(self, field: str, length: int) -> None:
        super().__init__(field, f"it has {length:,} characters, at most {MAX_QUESTION_LENGTH:,} are allowed")


class BadK(AskError):
    """The number of passages asked for is out of range."""

    def __init__(self, k: int) -> None:
        super().__init__("k", f"{k} is not between 1 and {MAX_K}")


class BadFilter(AskError):
    """A condition on the articles names what they do not have, or compares it with what it cannot be."""


class PassageNotFound(AskError):
    """No passage has this id."""

    def __init__(self, passage_id: int) -> None:
        self.passage_id = passage_id
        super().__init__("passage_id", f"no passage has the id {passage_id}")


class GeneratorFailed(Exception):
    """The language model gave no text; `reason` tells clients why and holds neither a key nor words of the reply."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the language model failed: {reason}")


class GeneratorRefused(Exception):
    """A language model cannot be set up this way; `field` is what is wrong, and `reason` repeats no secret."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class AnswerableModelBroken(Exception):
    """A file is not the fitted model it should be."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")
