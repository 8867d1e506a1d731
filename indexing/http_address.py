"""The address of a service that is reached over HTTP, as an operator writes it."""

from urllib.parse import SplitResult, urlsplit


def http_parts(address: str) -> SplitResult | None:
    """Its parts; None for what is no such address."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not any(character.isspace() for character in address) else None
