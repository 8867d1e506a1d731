"""A collector of traces, as an operator names it."""

from indexing.http_address import http_parts

_PATH = "/v1/traces"


def endpoint_in(address: object) -> object:
    """Where OTLP is taken over HTTP, of a collector's base address or of that very place.

    Raises ValueError for an address that is neither.
    """
    if not isinstance(address, str):
        return address
    parts = http_parts(address)
    if parts is None or parts.query or parts.fragment:
        raise ValueError("it is not the address of a collector (expected like http://127.0.0.1:4318)")
    if "@" in parts.netloc:
        raise ValueError("it holds a user or password; OTEL_EXPORTER_OTLP_HEADERS is for what the collector asks for")
    base = parts.path.rstrip("/")
    return parts._replace(path=base if base.endswith(_PATH) else base + _PATH).geturl()
