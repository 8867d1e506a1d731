"""Dify's conditions on metadata: which articles meet them, decided for each article exactly as they are written.

An operator with "not", and `≠`, holds exactly where its counterpart does not, so also where an article has no such
value; every other operator but `empty` needs one.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from corpus.library.records import ArticleSummary
from corpus.readers.fields import calendar_date
from service.schemas.fields import Exact, Text, storable

MAX_CONDITIONS = 20
"""Each is looked at for each article."""
_MOST_VALUES = 10_000
Name = Literal["article_id", "title", "publisher", "published_at", "url"]
Operator = Literal[
    "contains", "not contains", "start with", "end with", "is", "is not", "in", "not in", "empty", "not empty",
    "null", "not null", "=", "≠", ">", "<", "≥", "≤", "before", "after",
]  # fmt: skip
_NEGATED: Mapping[str, str] = MappingProxyType(
    {
        "not contains": "contains",
        "is not": "is",
        "not in": "in",
        "not empty": "empty",
        "not null": "empty",
        "≠": "is",
    }
)
_SAME: Mapping[str, str] = MappingProxyType({"null": "empty", "=": "is", "before": "<", "after": ">"})
_PART: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {"contains": str.__contains__, "start with": str.startswith, "end with": str.endswith}
)
_ORDER: Mapping[str, Callable[[date, date], bool]] = MappingProxyType(
    {"<": date.__lt__, ">": date.__gt__, "≤": date.__le__, "≥": date.__ge__}
)


def _text_or_texts(value: object) -> object:
    """In the words of one kind: a union tells what is wrong by each of its kinds, with pydantic's names for them."""
    texts = value if isinstance(value, list) else [] if value is None else [value]
    if len(texts) > _MOST_VALUES:
        raise ValueError(f"it has {len(texts):,} texts, at most {_MOST_VALUES:,} are allowed")
    for text in texts:
        if not isinstance(text, str):
            raise ValueError("it must be a text or a list of texts")
        storable(text)
    return value


_Value = Annotated[
    Text | Annotated[list[Text], Field(fail_fast=True, max_length=_MOST_VALUES)] | None, BeforeValidator(_text_or_texts)
]


class Condition(Exact):
    """One condition. With several names it holds if it holds for any of them, and a negated one if for none."""

    name: Name | Annotated[list[Name], Field(fail_fast=True, min_length=1, max_length=5)]
    comparison_operator: Operator
    value: _Value = Field(
        None, description="A list for `in` and `not in`; a day like 2024-01-16 where days are compared; else text."
    )

    _wanted: frozenset[str] = PrivateAttr(frozenset())
    """The values of a list, which may be long."""

    def model_post_init(self, _: object) -> None:
        """Called by pydantic when the fields are set."""
        self._wanted = frozenset(self._values)

    @property
    def _names(self) -> list[Name]:
        return self.name if isinstance(self.name, list) else [self.name]

    @property
    def _plain(self) -> tuple[str, bool]:
        """The operator that is not negated, and whether this one is."""
        operator = self.comparison_operator
        plain = _NEGATED.get(operator)
        return (_SAME.get(operator, operator), False) if plain is None else (plain, True)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Condition":
        operator, _ = self._plain
        if operator == "empty":
            return self
        if operator == "in" and not isinstance(self.value, list):
            raise ValueError(f"value: {self.comparison_operator!r} takes a list of texts")
        if operator != "in" and not isinstance(self.value, str):
            raise ValueError(f"value: {self.comparison_operator!r} takes one text")
        if operator in _ORDER and set(self._names) != {"published_at"}:
            raise ValueError(f"name: only published_at can be compared by {self.comparison_operator!r}")
        if "published_at" in self._names and operator not in _PART:
            for value in self._values:
                _check_day(value)
        return self

    @property
    def _values(self) -> list[str]:
        return self.value if isinstance(self.value, list) else [self.value or ""]

    def holds(self, article: ArticleSummary) -> bool:
        """Whether the article meets it."""
        operator, negated = self._plain
        return any(self._holds(operator, _value(article, name)) for name in self._names) is not negated

    def _holds(self, operator: str, found: str | None) -> bool:
        if operator == "empty":
            return not found
        if found is None:
            return False
        if operator == "in":
            return found in self._wanted
        wanted = str(self.value)
        if operator in _PART:
            return _PART[operator](found, wanted)
        if operator in _ORDER:
            return _ORDER[operator](date.fromisoformat(found), date.fromisoformat(wanted))
        return found == wanted


class MetadataCondition(Exact):
    """Conditions on the articles searched."""

    logical_operator: Literal["and", "or"] | None = Field("and", description="Whether all must hold or any.")
    conditions: Annotated[list[Condition], Field(fail_fast=True, max_length=MAX_CONDITIONS)] | None = None

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self.conditions)

    def holds(self, article: ArticleSummary) -> bool:
        """Whether the article meets them."""
        of_them = any if self.logical_operator == "or" else all
        return of_them(condition.holds(article) for condition in self.conditions or ())


def _value(article: ArticleSummary, name: Name) -> str | None:
    if name == "published_at":
        return None if article.published_at is None else article.published_at.isoformat()
    values = {"article_id": article.id, "title": article.title, "publisher": article.publisher, "url": article.url}
    return values[name]


def _check_day(value: str) -> None:
    try:
        plain = calendar_date(value, field="value").isoformat() == value
    except ValueError:
        plain = False
    if not plain:
        raise ValueError(f"value: {value[:40]!r} is not a day (expected like 2024-01-16)")
