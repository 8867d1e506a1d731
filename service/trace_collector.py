"""A collector of traces, as an operator names it."""

from urllib.parse import urlsplit

_PATH = "/v1/traces"


def endpoint_in(address: object) -> object:
    """Where OTLP is taken over HTTP, of a collector's base address or of that very place.

    Raises ValueError for an address that is neither.
    """
    if not isinstance(address, str):
        return address
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or any(character.isspace() for character in address):
        raise ValueError("it is not the address of a collector (expected like http://127.0.0.1:4318)")
    if "@" in parts.netloc:
        raise ValueError("it holds a user or password; OTEL_EXPORTER_OTLP_HEADERS is for what the collector asks for")
    base = parts.path.rstrip("/")
    return parts._replace(path=base if base.endswith(_PATH) else base + _PATH).geturl()
