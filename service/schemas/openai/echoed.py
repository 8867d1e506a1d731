"""What a client sends and gets back as it was, whatever it is, as long as it can be written as JSON again."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from corpus.article import is_text

MAX_DEPTH = 32


def _writable(value: Any) -> Any:  # noqa: ANN401 - it is any JSON
    _check(value, depth=0)
    return value


def _check(value: object, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(value, str) and not is_text(value):
        raise ValueError("it holds a lone surrogate")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it holds a number that is not finite")
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth=depth + 1)
            _check(member, depth=depth + 1)
    if isinstance(value, list):
        for member in value:
            _check(member, depth=depth + 1)


def _texts(value: dict[str, Any]) -> dict[str, Any]:
    # refused at the first: an error for each of very many takes seconds to make
    for name, member in value.items():
        if not isinstance(member, str):
            raise ValueError(f"its member {name[:80]!r} must be a string")
    return value


Echoed = Annotated[Any, AfterValidator(_writable)]
"""Any JSON."""
EchoedObject = Annotated[dict[str, Any], AfterValidator(_writable)]
"""Any JSON object."""
EchoedTexts = Annotated[
    dict[str, Any],
    AfterValidator(_texts),
    AfterValidator(_writable),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
"""A JSON object whose members are strings."""
