"""The one rule that splits question files into dev and test."""

from collections.abc import Iterable
from enum import StrEnum

from eval.questions.values import Question


class Split(StrEnum):
    """Which questions of a file to use."""

    DEV = "dev"
    TEST = "test"
    ALL = "all"


def split_of(question_id: str) -> Split:
    """DEV if the id's last character has an even code point, else TEST: `q002` is dev, `q003` is test."""
    return Split.TEST if ord(question_id[-1]) % 2 else Split.DEV


def in_split(questions: Iterable[Question], split: Split) -> tuple[Question, ...]:
    """The questions of one split, in order."""
    return tuple(question for question in questions if split in {Split.ALL, split_of(question.id)})
