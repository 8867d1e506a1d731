"""Conditions on the attributes of passages and their articles, and the SQL that finds what meets them.

A condition is a comparison of one attribute, or several conditions of which all or any must hold. An attribute that an
article lacks is not equal to anything: only `ne` and `nin` hold for it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from corpus.library.dialect import Dialect
from corpus.library.rows.bounds import could_be_stored, up_to_nul

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
_SIGNS = {Order.EQ: "=", Order.GT: ">", Order.GTE: ">=", Order.LT: "<", Order.LTE: "<="}
"""NE is the one that databases write differently."""


def sql_of(condition: Condition, dialect: Dialect) -> tuple[str, list[Value]]:
    """The condition over `passages p JOIN revisions r`, of fixed fragments only, and the values for its marks."""
    plain = _storable(condition)
    return _sql(plain, dialect), list(_values(plain))


def _storable(condition: Condition) -> Condition:
    """The same condition of values that every database takes: a text with a NUL is like none that is stored."""
    match condition:
        case Compare(attribute, order, str(value)) if not could_be_stored(value):
            before = up_to_nul(value)
            if order in {Order.EQ, Order.NE}:
                return AnyOf(()) if order is Order.EQ else AllOf(())
            return Compare(attribute, Order.GT if order in {Order.GT, Order.GTE} else Order.LTE, before)
        case Among(attribute, values, negated):
            return Among(attribute, tuple(one for one in values if could_be_stored(str(one))), negated)
        case AllOf(conditions):
            return AllOf(tuple(map(_storable, conditions)))
        case AnyOf(conditions):
            return AnyOf(tuple(map(_storable, conditions)))
    return condition


def _sql(condition: Condition, dialect: Dialect) -> str:
    match condition:
        case Compare(attribute, order, _):
            return f"{COLUMNS[attribute]} {_SIGNS.get(order, dialect.differs)} ?"
        case Among(attribute, _, negated):
            column = COLUMNS[attribute]
            # where the column is NULL, so is NOT IN
            before = f"{column} IS NULL OR {column} NOT" if negated else column
            return f"({before} IN {dialect.numbers if attribute in NUMBERS else dialect.texts})"
        case AllOf(conditions):
            return f"({' AND '.join(_sql(one, dialect) for one in conditions) or 'TRUE'})"
        case AnyOf(conditions):
            return f"({' OR '.join(_sql(one, dialect) for one in conditions) or 'FALSE'})"


def _values(condition: Condition) -> Iterator[Value]:
    match condition:
        case Compare(_, _, value):
            yield value
        case Among(_, values, _):
            yield json.dumps(values)
        case AllOf(conditions) | AnyOf(conditions):
            for one in conditions:
                yield from _values(one)
