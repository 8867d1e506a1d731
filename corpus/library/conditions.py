"""Conditions on the attributes of passages and their articles, and the SQL that finds what meets them.

A condition is a comparison of one attribute, or several conditions of which all or any must hold. An attribute that an
article lacks is not equal to anything: only `ne` and `nin` hold for it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float
"""What an attribute is compared with: text with text by code point, numbers with numbers by size."""


class Attribute(StrEnum):
    """What a passage can be chosen by. Text, but for the passage's own id and place, which are whole numbers."""

    ARTICLE_ID = "article_id"
    REVISION = "revision"
    TITLE = "title"
    PUBLISHER = "publisher"
    PUBLISHED_AT = "published_at"
    AUTHOR = "author"
    URL = "url"
    PASSAGE_ID = "passage_id"
    START = "start"
    END = "end"


NUMBERS = frozenset({Attribute.PASSAGE_ID, Attribute.START, Attribute.END})


class Order(StrEnum):
    """How an attribute is compared with one value."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


@dataclass(frozen=True, slots=True)
class Compare:
    """The attribute stands in this order to the value. Dates are compared as the text `YYYY-MM-DD`."""

    attribute: Attribute
    order: Order
    value: Value


@dataclass(frozen=True, slots=True)
class Among:
    """The attribute is one of the values, or none of them."""

    attribute: Attribute
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold; so does none at all."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Compare | Among | AllOf | AnyOf

COLUMNS = {
    Attribute.ARTICLE_ID: "r.article_id",
    Attribute.REVISION: "r.sha256",
    Attribute.TITLE: "r.title",
    Attribute.PUBLISHER: "r.publisher",
    Attribute.PUBLISHED_AT: "r.published_at",
    Attribute.AUTHOR: "r.author",
    Attribute.URL: "r.url",
    Attribute.PASSAGE_ID: "p.passage_id",
    Attribute.START: "p.start",
    Attribute.END: 'p."end"',
}
"""Where each attribute stands in `passages p JOIN revisions r`."""
_SIGNS = {Order.EQ: "=", Order.NE: "IS NOT", Order.GT: ">", Order.GTE: ">=", Order.LT: "<", Order.LTE: "<="}


def sql_of(condition: Condition) -> tuple[str, list[Value]]:
    """The condition over `passages p JOIN revisions r`, of fixed fragments only, and the values for its marks."""
    return _sql(condition), list(_values(condition))


def _sql(condition: Condition) -> str:
    match condition:
        case Compare(attribute, order, _):
            return f"{COLUMNS[attribute]} {_SIGNS[order]} ?"
        case Among(attribute, _, negated):
            column = COLUMNS[attribute]
            # where the column is NULL, so is NOT IN
            before = f"{column} IS NULL OR {column} NOT" if negated else column
            return f"({before} IN (SELECT value FROM json_each(?)))"  # noqa: S608 - columns from the table above
        case AllOf(conditions):
            return f"({' AND '.join(map(_sql, conditions)) or 'TRUE'})"
        case AnyOf(conditions):
            return f"({' OR '.join(map(_sql, conditions)) or 'FALSE'})"


def _values(condition: Condition) -> Iterator[Value]:
    match condition:
        case Compare(_, _, value):
            yield value
        case Among(_, values, _):
            yield json.dumps(values)
        case AllOf(conditions) | AnyOf(conditions):
            for one in conditions:
                yield from _values(one)
