"""Kinds of fields, each checked where it comes in."""

from datetime import date
from itertools import islice
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from corpus.article import SkipReason, check_id, why_unstorable
from corpus.errors import FieldError
from corpus.readers.fields import calendar_date
from service.core.checks import check_question
from service.core.errors import MAX_QUESTION_LENGTH, AskError

_MOST_OTHERS = 100
"""As many as an answer names."""


def storable(value: str) -> str:
    """The text. Raises ValueError for what no library can hold."""
    reason = why_unstorable(value)
    if reason is not None:
        raise ValueError(reason)
    return value


def _question(value: str) -> str:
    try:
        check_question(value, field="question")
    except AskError as error:
        raise ValueError(error.reason) from error
    return value


def _article_id(value: str) -> str:
    try:
        check_id(value)
    except FieldError as error:
        raise ValueError(error.reason) from error
    return value


def _day(value: object) -> object:
    """Only what is written as a date: pydantic by itself takes any number for one, as seconds since 1970."""
    if isinstance(value, str):
        try:
            return calendar_date(value, field="published_at")
        except FieldError as error:
            raise ValueError(error.reason) from error
    if value is None or isinstance(value, date):
        return value
    raise ValueError("it must be text like 2018-12-01")


STORABLE = AfterValidator(storable)
"""Behind a bound on the length, which then counts characters and says so."""
Text = Annotated[str, STORABLE]
Question = Annotated[
    Text,
    AfterValidator(_question),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_QUESTION_LENGTH}),
]
ArticleId = Annotated[str, AfterValidator(_article_id)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


class Exact(BaseModel):
    """What has these fields and no other."""

    # a misspelt field must not be taken for an absent one
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few_others(cls, sent: object) -> object:
        """Leaves the first hundred other fields to be refused: an error for each of 90,000 takes seconds to make."""
        if not isinstance(sent, dict) or len(sent) <= len(cls.model_fields) + _MOST_OTHERS:
            return sent
        others = islice((name for name in sent if name not in cls.model_fields), _MOST_OTHERS)
        kept = cls.model_fields.keys() | set(others)
        return {name: value for name, value in sent.items() if name in kept}


class SkippedPart(Exact):
    """A part of an article that is not reporting and gets no passage."""

    start: int
    end: int
    reason: SkipReason
