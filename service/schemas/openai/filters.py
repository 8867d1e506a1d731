"""Filters as OpenAI's clients write them: comparisons of one attribute, nested in `and` and `or`.

`{"type": "gte", "key": "published_at", "value": "2024-01-01"}`, or `{"type": "and", "filters": [...]}`.
"""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from corpus.article import why_unstorable
from corpus.library.conditions import NUMBERS, AllOf, Among, AnyOf, Attribute, Compare, Condition, Order, Value
from service.core.errors import BadFilter
from service.schemas.openai.names import article_id_of

MAX_DEPTH = 8
MAX_COMPARISONS = 100
MAX_VALUES = 1000
MAX_TEXT = 2000
"""Code points of one value."""
_LARGEST = 2**63 - 1
_FILE_ID = "file_id"
_OTHER_NAMES = {"filename": Attribute.TITLE}
_KEYS = ", ".join(sorted([*Attribute, _FILE_ID, *_OTHER_NAMES]))
_LISTS = {"in": False, "nin": True}
_TYPES = ", ".join([*Order, *_LISTS, "and", "or"])

FILTERS_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": f"A comparison (`type` eq, ne, gt, gte, lt, lte, in or nin, `key`, `value`), or several in `filters`"
    f" (`type` and or or), nested at most {MAX_DEPTH} deep, {MAX_COMPARISONS} comparisons in all. Keys: {_KEYS}. An"
    " article that lacks an attribute meets only ne and nin of it. Dates are text such as 2024-01-31.",
    "examples": [
        {
            "type": "and",
            "filters": [
                {"type": "gte", "key": "published_at", "value": "2018-12-01"},
                {"type": "in", "key": "publisher", "value": ["BBC News", "Reuters"]},
            ],
        }
    ],
}


def condition_of(filters: object, *, field: str = "filters") -> Condition:
    """The condition that a filter states. Raises BadFilter, naming the part of `field` that is wrong."""
    return _Reading().condition(filters, field, depth=1)


class _Reading:
    """One filter while it is read."""

    def __init__(self) -> None:
        self._comparisons = 0

    def condition(self, filters: object, field: str, *, depth: int) -> Condition:
        if not isinstance(filters, Mapping):
            raise BadFilter(field, "it must be an object with `type`")
        kind = filters.get("type")
        if kind in ("and", "or"):
            _only(filters, {"type", "filters"}, field)
            inner = filters.get("filters")
            if not isinstance(inner, list) or not inner:
                raise BadFilter(f"{field}.filters", "it must be a list of at least one filter")
            if depth == MAX_DEPTH:
                raise BadFilter(field, f"it is nested more than {MAX_DEPTH} deep")
            conditions = tuple(
                self.condition(one, f"{field}.filters.{place}", depth=depth + 1) for place, one in enumerate(inner)
            )
            return AllOf(conditions) if kind == "and" else AnyOf(conditions)
        if not isinstance(kind, str) or kind not in [*Order, *_LISTS]:
            raise BadFilter(f"{field}.type", f"it must be one of {_TYPES}")
        _only(filters, {"type", "key", "value"}, field)
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise BadFilter(field, f"there are more than {MAX_COMPARISONS} comparisons")
        return _comparison(kind, filters.get("key"), filters.get("value"), field)


def _only(filters: Mapping[str, object], names: set[str], field: str) -> None:
    other = next((name for name in filters if name not in names), None)
    if other is not None:
        raise BadFilter(f"{field}.{other[:80]}", f"it is not one of {', '.join(sorted(names))}")


def _comparison(kind: str, key: object, value: object, field: str) -> Condition:
    if key == _FILE_ID:
        return _of_files(kind, value, field)
    if not isinstance(key, str) or key not in [*Attribute, *_OTHER_NAMES]:
        said = f"'{key[:80]}'" if isinstance(key, str) else "it"
        raise BadFilter(f"{field}.key", f"{said} is no attribute; there are {_KEYS}")
    attribute = _OTHER_NAMES.get(key) or Attribute(key)
    if kind in _LISTS:
        return Among(attribute, tuple(_many(attribute, value, field)), negated=_LISTS[kind])
    return Compare(attribute, Order(kind), _value(attribute, value, f"{field}.value"))


def _of_files(kind: str, value: object, field: str) -> Condition:
    """Files are told apart by id only: what order they are in, nobody knows."""
    if kind in (Order.EQ, Order.NE):
        wanted = [_value(Attribute.ARTICLE_ID, value, f"{field}.value")]
    elif kind in _LISTS:
        wanted = _many(Attribute.ARTICLE_ID, value, field)
    else:
        raise BadFilter(f"{field}.type", "a file_id is compared with eq, ne, in or nin")
    known = tuple(article_id for one in wanted if (article_id := article_id_of(str(one))) is not None)
    return Among(Attribute.ARTICLE_ID, known, negated=kind in (Order.NE, "nin"))


def _many(attribute: Attribute, value: object, field: str) -> list[Value]:
    if not isinstance(value, list) or len(value) > MAX_VALUES:
        raise BadFilter(f"{field}.value", f"it must be a list of at most {MAX_VALUES:,} values")
    return [_value(attribute, one, f"{field}.value.{place}") for place, one in enumerate(value)]


def _value(attribute: Attribute, value: object, field: str) -> Value:
    if attribute in NUMBERS:
        # a whole number may be too large to ask whether it is finite, for which a float is made of it
        finite = not isinstance(value, float) or math.isfinite(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not finite:
            raise BadFilter(field, f"{attribute} is a number, and compared with one")
        if not -_LARGEST <= value <= _LARGEST:
            raise BadFilter(field, f"it is not between -{_LARGEST} and {_LARGEST}")
        # SQLite tells 3 from 3.0 in lists of JSON no more than Python does, and reads whole numbers exactly
        return int(value) if value == int(value) else value
    if not isinstance(value, str):
        raise BadFilter(field, f"{attribute} is text, and compared with text")
    if len(value) > MAX_TEXT or why_unstorable(value) is not None:
        raise BadFilter(field, f"it must be text of at most {MAX_TEXT:,} characters without NUL and lone surrogates")
    if attribute is Attribute.PUBLISHED_AT:
        return _day(value, field)
    return value


def _day(value: str, field: str) -> str:
    try:
        day = date.fromisoformat(value).isoformat()
    except ValueError:
        day = None
    # Python reads other ways of ISO 8601, too, which would not be the text that results show
    if day != value:
        raise BadFilter(field, f"'{value[:40]}' is not a date (expected like 2018-12-01)")
    return value
