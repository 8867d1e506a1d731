"""What is no message of JSON-RPC, refused at a glance and without what it holds.

The protocol's SDK tells each way in which it is none, beside a piece of what was sent. That takes long for what has
very many members, and a key that was sent in a wrong place would be repeated.
"""

import json

import pydantic_core

_PARSE_ERROR, _INVALID_REQUEST = -32700, -32600
_MOST_MEMBERS = 1000
_LOOKED_INTO = 4
"""Objects in objects that the SDK copies member by member; what is deeper it passes on as it is."""


def refusal(body: bytes) -> bytes | None:
    """The error that answers a body that is no message; None for one that is, as far as the SDK has to tell."""
    try:
        # the SDK's own parser, so that both take the same for JSON
        message = pydantic_core.from_json(body)
    except ValueError as error:
        return _error(_PARSE_ERROR, f"it is not JSON: {error}")
    reason = _why_none(message)
    return None if reason is None else _error(_INVALID_REQUEST, reason)


def _why_none(message: object) -> str | None:
    if not isinstance(message, dict):
        return "a request is one JSON object; several take a request each"
    wrong = {
        'jsonrpc: it must be "2.0"': message.get("jsonrpc") != "2.0",
        "method: it is missing": message.keys().isdisjoint({"method", "result", "error"}),
        "method: it must be a string": not isinstance(message.get("method", ""), str),
        "params: it must be an object": not isinstance(message.get("params", {}), dict | None),
        "error: it needs a code and a message": "error" in message and not _is_error(message["error"]),
        f"an object or a list in it has more than {_MOST_MEMBERS:,} members": _is_crowded(message, _LOOKED_INTO),
    }
    return next((reason for reason, holds in wrong.items() if holds), None)


def _is_crowded(value: object, depth: int) -> bool:
    if not isinstance(value, dict | list) or not depth:
        return False
    members = value.values() if isinstance(value, dict) else value
    return len(value) > _MOST_MEMBERS or any(_is_crowded(member, depth - 1) for member in members)


def _is_error(error: object) -> bool:
    return isinstance(error, dict) and isinstance(error.get("code"), int) and isinstance(error.get("message"), str)


def _error(code: int, message: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}).encode()
