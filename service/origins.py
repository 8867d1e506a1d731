"""Web origins, as a browser names the page that makes a request (RFC 6454)."""

import regex

_ORIGIN = regex.compile(r"(?<scheme>https?)://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?<port>[1-9][0-9]{0,4}))?")
_OWN_PORT = {"http": "80", "https": "443"}


def origins_in(listed: object) -> object:
    """The origins in a list separated by commas. Raises ValueError for one that no browser would send.

    Such a one, say with a path or with capitals, would be set and never match.
    """
    if not isinstance(listed, str):
        return listed
    origins = tuple(origin.strip() for origin in listed.split(","))
    for origin in origins:
        found = _ORIGIN.fullmatch(origin)
        if found is None:
            raise ValueError(f"'{origin}' is not an origin (expected like https://news.example, or with :8080)")
        if found["port"] == _OWN_PORT[found["scheme"]]:
            raise ValueError(f"'{origin}': browsers leave out :{found['port']}, so leave it out too")
    return origins
