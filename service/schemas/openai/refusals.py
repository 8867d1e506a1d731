"""Refusing what a client asks of a language model and would not get, rather than giving it something else."""

from service.core.errors import AskError


class NotOffered(AskError):
    """What is asked for is not what this service gives."""


def refuse(field: str, value: object, *, accepted: tuple[object, ...], reason: str) -> None:
    """Raises NotOffered unless the value is absent or one of those accepted."""
    if value is not None and not any(value == one and type(value) is type(one) for one in accepted):
        raise NotOffered(field, reason)


def refuse_format(field: str, value: object) -> None:
    """Raises NotOffered for any form of answers but text."""
    kind = value.get("type") if isinstance(value, dict) else value
    refuse(field, kind, accepted=("text",), reason="answers are plain text only")


def refuse_forced_tool(field: str, value: object) -> None:
    """Raises NotOffered for a choice of tools that leaves no room for an answer; others are offered in vain."""
    refuse(field, value, accepted=("auto", "none"), reason="no tool is ever called; it must be `auto` or `none`")
