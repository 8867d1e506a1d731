"""Which passages may be found, as an expression of Milvus's.

Texts are stored, and compared, as the hexadecimal digits of their UTF-8 bytes. These stand in the order of the code
points, so every comparison means what it means in the library, and nothing that a publisher or an asker writes is ever
read as a part of an expression, whatever an engine takes for an escape.
"""

from collections.abc import Iterable, Sequence
from math import ceil, floor

from corpus.library.conditions import NUMBERS, AllOf, Among, AnyOf, Attribute, Compare, Condition, Order, Value
from corpus.library.records import Filters
from indexing.ranking import Ids, Selection

ID = "passage_id"
FIELDS = {attribute: ID if attribute is Attribute.PASSAGE_ID else f"a_{attribute}" for attribute in Attribute}
"""The field of each attribute."""
LONGEST = 30_000
"""UTF-8 bytes of a text that are stored of an attribute, as Milvus holds 65,535 digits: of a longer one filters know
the beginning."""
_ALWAYS, _NEVER = f"{ID} >= 0", f"{ID} < 0"
_SIGNS = {Order.EQ: "==", Order.NE: "!=", Order.GT: ">", Order.GTE: ">=", Order.LT: "<", Order.LTE: "<="}
_LARGEST = 2**63 - 1


def stored(text: str) -> str:
    """A text as it is stored."""
    return text.encode()[:LONGEST].hex()


def _digits(value: Value) -> str:
    # what no article has may be asked for: it is not equal to any
    return str(value).encode(errors="surrogatepass").hex()


def expression_of(selection: Selection, *, last: int) -> str:
    """What may be found of the passages up to the id `last`."""
    parts = [f"{ID} <= {last}"]
    if len(selection.excluded):
        parts.append(f"{ID} not in {_ids(selection.excluded)}")
    if selection.filters is not None:
        parts += _filtered(selection.filters)
    elif selection.allowed is not None:
        parts.append(f"{ID} in {_ids(selection.allowed)}")
    return " and ".join(parts)


def _filtered(filters: Filters) -> Iterable[str]:
    day = FIELDS[Attribute.PUBLISHED_AT]
    if filters.published_from is not None:
        yield f'{day} >= "{stored(filters.published_from.isoformat())}"'
    if filters.published_to is not None:
        yield f'{day} <= "{stored(filters.published_to.isoformat())}"'
    if filters.publishers:
        yield meaning(Among(Attribute.PUBLISHER, filters.publishers))
    if filters.article_ids:
        yield meaning(Among(Attribute.ARTICLE_ID, filters.article_ids))
    if filters.condition is not None:
        yield meaning(filters.condition)


def meaning(condition: Condition) -> str:
    """The condition in brackets. Milvus finds a field without a value by `is null` only, as SQL does."""
    match condition:
        case Compare(attribute, order, value) if attribute in NUMBERS:
            return f"({_compared(FIELDS[attribute], order, value)})"
        case Compare(attribute, order, value):
            held = f'{FIELDS[attribute]} {_SIGNS[order]} "{_digits(value)}"'
            return f"({FIELDS[attribute]} is null or {held})" if order is Order.NE else f"({held})"
        case Among(attribute, values, negated):
            return f"({_among(attribute, values, negated=negated)})"
        case AllOf(conditions):
            return f"({' and '.join(map(meaning, conditions)) or _ALWAYS})"
        case AnyOf(conditions):
            return f"({' or '.join(map(meaning, conditions)) or _NEVER})"


def _among(attribute: Attribute, values: Sequence[Value], *, negated: bool) -> str:
    name = FIELDS[attribute]
    if attribute in NUMBERS:
        listed = [str(int(value)) for value in values if not isinstance(value, str) and value == int(value)]
    else:
        listed = [f'"{_digits(value)}"' for value in values]
    if not listed:
        return _ALWAYS if negated else _NEVER
    wanted = f"[{','.join(listed)}]"
    if not negated:
        return f"{name} in {wanted}"
    held = f"{name} not in {wanted}"
    return held if attribute in NUMBERS else f"{name} is null or {held}"


def _compared(name: str, order: Order, value: Value) -> str:
    """A whole number compared with any: Milvus compares whole ones with whole ones only."""
    # no id or place is as large
    number = min(max(value if not isinstance(value, str) else float(value), -_LARGEST), _LARGEST)
    if number == int(number):
        return f"{name} {_SIGNS[order]} {int(number)}"
    if order in {Order.EQ, Order.NE}:
        return _NEVER if order is Order.EQ else _ALWAYS
    # nothing whole lies between a broken number and the next whole one
    return f"{name} >= {ceil(number)}" if order in {Order.GT, Order.GTE} else f"{name} <= {floor(number)}"


def _ids(ids: Ids) -> str:
    return f"[{','.join(map(str, ids.tolist()))}]"
